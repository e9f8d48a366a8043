using System.Buffers.Binary;
using CsCheck;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class MappedSamplesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // 7 x 1500: wider than the chunks that conversions go by.
    private const int N = 7, D = 1500;

    private static readonly float[] Values = [.. Enumerable.Range(0, N * D).Select(i => (float)(Half)(MathF.Sin(i) * 100))];

    private static ushort BFloat16(float value) => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);

    /// <summary>The same matrix as a file, and the numbers that the file holds after its rounding.</summary>
    private (string Path, double[] Values) Write(string kind)
    {
        var (npy, safetensors) = (_folder[$"{kind}.npy"], _folder[$"{kind}.safetensors"]);
        double[] exact = [.. Values.Select(v => (double)v)], fine = [.. exact.Select(v => v + 1e-9)];
        switch (kind)
        {
            case "npy-float16": NpyFile.Write<Half>(npy, Values.Select(v => (Half)v).ToArray(), [N, D]); return (npy, exact);
            case "npy-float32": NpyFile.Write<float>(npy, Values, [N, D]); return (npy, exact);
            case "npy-float64": NpyFile.Write<double>(npy, fine, [N, D]); return (npy, fine);
            case "safetensors-float16": new SafetensorsWriter().Add("x", Values.Select(v => (Half)v).ToArray(), N, D).Add("other", new float[3], 3).Write(safetensors); return (safetensors, exact);
            case "safetensors-float64": new SafetensorsWriter().Add("x", fine, N, D).Write(safetensors); return (safetensors, fine);
            case "safetensors-bfloat16":
                var bytes = new byte[2 * N * D];
                for (var i = 0; i < Values.Length; i++) BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), BFloat16(Values[i]));
                new SafetensorsWriter().AddRaw("x", ElementType.BFloat16, bytes, N, D).Write(safetensors);
                return (safetensors, [.. Values.Select(v => (double)BitConverter.UInt32BitsToSingle((uint)BFloat16(v) << 16))]);
            default: throw new ArgumentException(kind);
        }
    }

    public static TheoryData<string> Kinds => ["npy-float16", "npy-float32", "npy-float64", "safetensors-float16", "safetensors-bfloat16", "safetensors-float64"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Read_AnyStretchOfAnyRow_IsTheFilesNumbers(string kind)
    {
        var (path, expected) = Write(kind);
        using var samples = MatrixFile.Open(path);
        Assert.Equal((N, D), (samples.Count, samples.Dimension));
        Gen.Select(Gen.Int[0, N - 1], Gen.Int[0, D - 1], Gen.Int[0, D]).Sample((row, column, length) =>
        {
            length = Math.Min(length, D - column);
            var (doubles, floats) = (new double[length], new float[length]);
            samples.Read(row, column, doubles);
            samples.Read(row, column, floats);
            var part = expected.AsSpan(row * D + column, length).ToArray();
            Assert.Equal(part, doubles);
            Assert.Equal(Array.ConvertAll(part, v => (float)v), floats);
        }, iter: 100);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void OpenClass_MassesInAFile_GoWithTheirRows(string kind)
    {
        var (path, _) = Write(kind);
        NpyFile.Write<long>(_folder["y.npy"], new long[] { 1, 0, 1, 0, 0, 1, 1 }, [N]);
        NpyFile.Write<double>(_folder["w.npy"], new double[] { 1, 2, 3, 4, 5, 6, 0 }, [N]);
        using var matrix = MatrixFile.Read(path, _folder["y.npy"], _folder["w.npy"]);
        foreach (var limit in new[] { 0, long.MaxValue })
        {
            using var samples = matrix.OpenClass(1, limit);
            Assert.Equal([1.0, 3, 6, 0], samples.Weights.ToArray());
        }
        Assert.Equal([2.0, 4, 5], matrix.ReadClass(0).Weights.ToArray());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void OpenClass_InMemoryOrMapped_SameNumbers(string kind)
    {
        var (path, expected) = Write(kind);
        NpyFile.Write<long>(_folder["y.npy"], new long[] { 1, 0, 1, 0, 0, 1, 1 }, [N]);
        using var matrix = MatrixFile.Read(path, _folder["y.npy"]);
        var isDouble = kind.EndsWith("64", StringComparison.Ordinal);
        var bytes = 4L * D * (isDouble ? 8 : 4);
        Assert.Equal(bytes, matrix.BytesOfClass(1));
        using var held = matrix.OpenClass(1, bytes);
        using var mapped = matrix.OpenClass(1, bytes - 1);
        Assert.Equal((isDouble ? typeof(DoubleMatrix) : typeof(SampleMatrix), typeof(MappedSamples)), (held.GetType(), mapped.GetType()));
        Assert.Equal(("class 1 (1)", "class 1 (1)"), (held.Name, mapped.Name));
        Assert.Equal([0L, 2L, 5L, 6L], matrix.SourceIndices(1));
        var (a, b) = (new double[D], new double[D]);
        foreach (var (i, row) in new[] { 0, 2, 5, 6 }.Index())
        {
            held.Read(i, 0, a);
            mapped.Read(i, 0, b);
            Assert.Equal(expected.AsSpan(row * D, D).ToArray(), a);
            Assert.Equal(a, b);
        }
        Assert.Equal(expected.AsSpan(5 * D, D).ToArray().Select(v => (float)v), matrix.ReadClass(1).Row(2).ToArray());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ReadShifted_MappedOrInMemory_SameBits(string kind)
    {
        using var mapped = MatrixFile.Open(Write(kind).Path);
        using var held = mapped.InMemoryWithin(long.MaxValue);
        float[] shift = [.. Enumerable.Range(0, D).Select(j => MathF.Cos(j) * 50)], a = new float[D], b = new float[D];
        mapped.ReadShifted(4, 0, shift, a);
        held.ReadShifted(4, 0, shift, b);
        Assert.Equal(b, a);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Fit_MappedOrInMemory_SameCodebook(string kind)
    {
        using var mapped = MatrixFile.Open(Write(kind).Path);
        using var held = mapped.InMemoryWithin(long.MaxValue);
        foreach (var algorithm in Enum.GetValues<QuantizerAlgorithm>())
        {
            var quantizer = Quantizers.Create(new QuantizerOptions { ImagesPerClass = 3, Algorithm = algorithm });
            var (a, b) = (quantizer.Fit(mapped, new SeedSequence(2), 0), quantizer.Fit(held, new SeedSequence(2), 0));
            foreach (var property in typeof(ClassCodebook).GetProperties()) Assert.Equal(property.GetValue(b), property.GetValue(a));
        }
    }

    [Fact]
    public void View_OfAView_PicksRowsOfTheFirst()
    {
        using var samples = MatrixFile.Open(Write("npy-float32").Path);
        using var view = samples.View([6, 3, 3], "a").View([1, 0], "b");
        var found = new float[D];
        view.Read(1, 0, found);
        Assert.Equal(Values.AsSpan(6 * D, D).ToArray(), found);
        view.Read(0, 0, found);
        Assert.Equal(Values.AsSpan(3 * D, D).ToArray(), found);
        Assert.Throws<ArgumentOutOfRangeException>(() => samples.View([7], "c"));
        Assert.Throws<ArgumentOutOfRangeException>(() => samples.View([-1], "c"));
    }

    [Fact]
    public void Read_OutsideTheMatrix_IsRefused()
    {
        using var samples = MatrixFile.Open(Write("npy-float32").Path);
        Assert.Throws<ArgumentOutOfRangeException>(() => samples.Read(N, 0, new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => samples.Read(-1, 0, new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => samples.Read(0, D - 1, new float[2])); // would read on in the next row
        Assert.Throws<ArgumentOutOfRangeException>(() => samples.Read(0, -1, new double[1]));
    }

    [Fact]
    public void Read_Float64BeyondFloat32_IsExactOrInfinite()
    {
        NpyFile.Write<double>(_folder["x.npy"], new[] { 1e300, -1e300 }, [1, 2]);
        using var samples = MatrixFile.Open(_folder["x.npy"]);
        var (doubles, floats) = (new double[2], new float[2]);
        samples.Read(0, 0, doubles);
        samples.Read(0, 0, floats);
        Assert.Equal([1e300, -1e300], doubles);
        Assert.Equal([float.PositiveInfinity, float.NegativeInfinity], floats);
    }

    [Fact]
    public void Open_NotAMatrixOfFloats_IsRefused()
    {
        NpyFile.Write<long>(_folder["whole.npy"], new long[4], [2, 2]);
        NpyFile.Write<float>(_folder["none.npy"], Array.Empty<float>(), [0, 2]);
        Assert.Contains("I64", Assert.Throws<BadInputException>(() => MatrixFile.Open(_folder["whole.npy"])).Message);
        Assert.Contains("no samples", Assert.Throws<BadInputException>(() => MatrixFile.Open(_folder["none.npy"])).Message);
        File.Delete(_folder["whole.npy"]); // and nothing holds the files
    }

    [Fact]
    public void Open_MoreThan2To31Elements_ReadsTheLast()
    {
        // A sparse file of 2^31 + 2^20 float16 numbers; only its last row takes room on the disk.
        const long rows = (1L << 11) + 1, columns = 1 << 20;
        using (var stream = File.Create(_folder["big.npy"]))
        {
            stream.Write(NpyHeader.Format(ElementType.Float16, rows, columns));
            stream.SetLength(NpyHeader.WrittenBytes + 2 * rows * columns);
            stream.Seek(-2, SeekOrigin.End);
            stream.Write([0x00, 0x3C]);
        }
        using var matrix = MatrixFile.Read(_folder["big.npy"]);
        using var samples = matrix.OpenClass(0, long.MaxValue);
        Assert.IsType<MappedSamples>(samples); // no array holds that many numbers
        var last = new float[2];
        samples.Read((int)rows - 1, (int)columns - 2, last);
        Assert.Equal([0f, 1f], last);
    }
}
