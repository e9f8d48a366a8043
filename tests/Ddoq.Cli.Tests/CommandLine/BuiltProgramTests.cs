namespace Ddoq.Cli.Tests.CommandLine;

public class BuiltProgramTests
{
    [Fact]
    public void Program_UnknownVerb_2()
    {
        var shell = BuiltProgram.Run("verfy", "x");
        Assert.Equal((2, ""), (shell.Code, shell.Out));
        Assert.Contains("did you mean verify?", shell.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Program_NothingThere_3AndOneDocument()
    {
        var shell = BuiltProgram.Run("verify", "/nowhere/at all", "--json");
        Assert.Equal(3, shell.Code);
        Assert.Equal(3, shell.Json.GetProperty("error").GetProperty("code").GetInt32());
    }

    [Fact]
    public void Program_StdoutIsFull_1AndDiskFull()
    {
        using var folder = new TemporaryFolder();
        SampleArtifacts.Codebook(folder["book.safetensors"]);
        var shell = BuiltProgram.Bash($"\"$@\" inspect '{folder["book.safetensors"]}' --json > /dev/full");
        Assert.Equal(1, shell.Code);
        Assert.StartsWith("ddoq: disk full", shell.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("NO_COLOR=1 TERM=xterm")]
    [InlineData("TERM=dumb")]
    public void Program_NoTerminal_NoEscapes(string environment)
    {
        using var folder = new TemporaryFolder();
        SampleArtifacts.Codebook(folder["book.safetensors"]);
        var shell = BuiltProgram.Bash($"{environment} \"$@\" inspect '{folder["book.safetensors"]}'");
        Assert.Equal(0, shell.Code);
        Assert.DoesNotContain('\e', shell.Out + shell.Error);
    }
}
