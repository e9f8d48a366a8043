using Ddoq.Cli.CommandLine;

namespace Ddoq.Cli.Tests.CommandLine;

public sealed class OutputOptionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Output_Exists_RefusedWith2BeforeWork()
    {
        Directory.CreateDirectory(_folder["out"]);
        var (shell, _) = Ask(_folder["out"] + "/");
        Assert.Equal(2, shell.Code);
        Assert.Contains("exists already", shell.Error, StringComparison.Ordinal);
        Assert.Contains("--resume", shell.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Output_FileOfThatName_Refused()
    {
        File.WriteAllText(_folder["out"], "");
        Assert.Equal(2, Ask(_folder["out"]).Shell.Code);
    }

    [Theory]
    [InlineData("--force", true, false)]
    [InlineData("--resume", false, true)]
    public void Output_ExistsAndAllowed_SaysHow(string option, bool replace, bool resume)
    {
        Directory.CreateDirectory(_folder["out"]);
        var (shell, request) = Ask(_folder["out"] + "/", option);
        Assert.Equal((0, ""), (shell.Code, shell.Error));
        Assert.Equal(new OutputRequest(_folder["out"], replace, resume), request);
    }

    [Fact]
    public void Output_ForceAndResume_Refused() => Assert.Equal(2, Ask(_folder["out"], "--force", "--resume").Shell.Code);

    [Fact]
    public void Output_Empty_Refused() => Assert.Equal(2, Ask("").Shell.Code);

    private static (Shell Shell, OutputRequest? Request) Ask(string path, params string[] more)
    {
        OutputRequest? request = null;
        var shell = Shell.Run((verb, context) =>
        {
            request = context.Output(verb.Output);
            return ScriptedVerb.Nothing;
        }, ["work", "x", "--out", path, .. more]);
        return (shell, request);
    }
}
