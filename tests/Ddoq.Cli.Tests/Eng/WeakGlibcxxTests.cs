using System.Runtime.InteropServices;
using CsCheck;

namespace Ddoq.Cli.Tests.Eng;

public class WeakGlibcxxTests
{
    private const string Library = "libLibTorchSharp.so";

    [Fact]
    public void Mark_SyntheticElf_ChangesExactlyThatFlag()
    {
        var elf = SyntheticElf.With("GLIBCXX_3.4", "GLIBCXX_3.4.32", "CXXABI_1.3");
        var before = (byte[])elf.Clone();

        Assert.Equal(1, WeakGlibcxx.Mark(elf));

        var (_, flagsAt) = WeakGlibcxx.Needs(elf).Single(need => need.Name == "GLIBCXX_3.4.32");
        Assert.Equal([(int)flagsAt], Differences(before, elf));
        Assert.Equal(2, elf[flagsAt]);
    }

    [Fact]
    public void Mark_Twice_SecondChangesNothing()
    {
        var elf = SyntheticElf.With("GLIBCXX_3.4.32");
        WeakGlibcxx.Mark(elf);
        var once = (byte[])elf.Clone();

        Assert.Equal(0, WeakGlibcxx.Mark(elf));
        Assert.Equal(once, elf);
    }

    [Fact]
    public void Mark_VersionAbsent_ChangesNothing()
    {
        var elf = SyntheticElf.With("GLIBCXX_3.4.30", "GLIBCXX_3.4.320");
        Assert.Equal(0, WeakGlibcxx.Mark(elf));
    }

    [Fact]
    public void Needs_AnyNames_ComeBackInOrder() =>
        Gen.String[Gen.Char['A', 'Z'], 1, 20].Array[1, 12].Sample(names =>
            Assert.Equal(names, WeakGlibcxx.Needs(SyntheticElf.With(names)).Select(need => need.Name)));

    [Fact]
    public void Mark_NoElf_Throws()
    {
        Assert.Throws<InvalidDataException>(() => WeakGlibcxx.Mark(new byte[100]));
        Assert.Throws<InvalidDataException>(() => WeakGlibcxx.Mark([]));
    }

    [Fact]
    public void Mark_DamagedElf_ThrowsInvalidDataOrReturns() =>
        Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte, Gen.Int[64, 400]).Sample((at, value, length) =>
        {
            var elf = SyntheticElf.With("GLIBCXX_3.4.32", "GLIBCXX_3.4").AsSpan().ToArray();
            Array.Resize(ref elf, Math.Min(length, elf.Length));
            elf[at % elf.Length] = value;
            try { WeakGlibcxx.Mark(elf); }
            catch (InvalidDataException) { }
        });

    [Fact]
    public void Mark_LibraryOfThePackage_ChangesOneByteAsTheBuildDid()
    {
        var built = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, Library));
        var (_, flagsAt) = WeakGlibcxx.Needs(built).Single(need => need.Name == WeakGlibcxx.Version);
        Assert.Equal(2, built[flagsAt]);

        var original = (byte[])built.Clone();
        original[flagsAt] = 0;
        Assert.Equal(1, WeakGlibcxx.Mark(original));
        Assert.Equal(built, original);
    }

    [Fact]
    public void NativeLibrary_OutputFolder_Loads() =>
        Assert.True(NativeLibrary.TryLoad(Path.Combine(AppContext.BaseDirectory, Library), out _));

    private static int[] Differences(byte[] a, byte[] b) => [.. Enumerable.Range(0, a.Length).Where(i => a[i] != b[i])];
}
