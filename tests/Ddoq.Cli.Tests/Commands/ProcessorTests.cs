using System.IO.Compression;
using Ddoq.Cli.Tests.CommandLine;
using Ddoq.Formats;

namespace Ddoq.Cli.Tests.Commands;

/// <summary>The same bytes whatever vectors the processor has; the runtime plays a lesser one.</summary>
public sealed class ProcessorTests : IDisposable
{
    private const string Images = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("DOTNET_EnableAVX512")]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public void Quantize_WithoutSomeVectors_HasTheSameBytes(string without)
    {
        if (!File.Exists(Images)) Assert.Skip($"{Images} is absent");
        WriteImages(2800); // enough for a sketch and comparisons in 16 bits
        Assert.Equal(Quantized(""), Quantized($"{without}=0"));
    }

    private void WriteImages(int count)
    {
        var (header, pixels) = (new byte[16], new byte[count * 784]);
        using var file = new GZipStream(File.OpenRead(Images), CompressionMode.Decompress);
        file.ReadExactly(header);
        file.ReadExactly(pixels);
        NpyFile.Write<float>(_folder["x.npy"], Array.ConvertAll(pixels, p => p / 255f), [count, 784]);
    }

    private byte[] Quantized(string environment)
    {
        var shell = BuiltProgram.Bash($"{environment} \"$@\" quantize '{_folder["x.npy"]}' --ipc 10 --seed 3 --out '{_folder["book"]}' --force --quiet");
        Assert.True(shell.Code == 0, shell.Error);
        return File.ReadAllBytes(_folder["book"]);
    }
}
