using Ddoq.Cli.Tests.CommandLine;

namespace Ddoq.Cli.Tests.Commands;

/// <summary>A disk that is really full: a file system of a few pages in a name space of its own.</summary>
[Collection(TinyRunCollection.Name)]
public sealed class FullDiskTests(TinyRun run) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("encode {data} --prior none --vae {vae} --precision float32 --out {disk}/x")]
    [InlineData("quantize {latents} --ipc 20 --out {disk}/x")]
    [InlineData("synthesize {codebook} --prior none --vae {vae} --out {disk}/x")]
    [InlineData("fit teacher {data} --epochs 1 --width 32 --out {disk}/x")]
    public void Write_DiskFull_1AndNothingLeft(string command)
    {
        if (BuiltProgram.Bash($"unshare -rm true").Code != 0) Assert.Skip("this machine lets nobody mount a small file system of their own (unshare -rm)");
        var line = command.Replace("{data}", run.Data).Replace("{vae}", run["vae"]).Replace("{latents}", run["latents"]).Replace("{codebook}", run["codebook.safetensors"]).Replace("{disk}", _folder.Path);
        var shell = BuiltProgram.Bash($"""
            export disk='{_folder.Path}'
            unshare -rm bash -c 'mount -t tmpfs -o size=8k tmpfs "$disk" && head -c 4096 /dev/zero > "$disk/other" && "$@" {line} --quiet; code=$?; ls "$disk"; exit $code' bash "$@"
            """);
        Assert.Equal((1, "other\n"), (shell.Code, shell.Out));
        Assert.StartsWith("ddoq: disk full: ", shell.Error, StringComparison.Ordinal);
        Assert.Equal(1, shell.Error.Count(c => c == '\n'));
    }
}
