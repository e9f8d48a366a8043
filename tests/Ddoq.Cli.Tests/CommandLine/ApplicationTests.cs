using Ddoq.Cli.CommandLine;
using Ddoq.Foundations;

namespace Ddoq.Cli.Tests.CommandLine;

public class ApplicationTests
{
    private const int DiskFull = 28;

    [Fact]
    public void Run_WorkDone_Zero()
    {
        var shell = Shell.Run((_, _) => ScriptedVerb.Nothing, "work", "x", "--out", "absent/a");
        Assert.Equal((0, ""), (shell.Code, shell.Error));
        Assert.Contains("[yes]", shell.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(UsageException), 2)]
    [InlineData(typeof(BadInputException), 3)]
    [InlineData(typeof(WorkFailedException), 1)]
    public void Run_DdoqException_ItsCodeAndOnlyItsMessage(Type type, int code)
    {
        var shell = Shell.Run((_, _) => throw (Exception)Activator.CreateInstance(type, "what, where", null)!, "work", "x", "--out", "absent/a");
        Assert.Equal((code, "", "ddoq: what, where\n"), (shell.Code, shell.Out, shell.Error));
    }

    [Fact]
    public void Run_JsonAndFailure_OneErrorDocumentOnStdout()
    {
        var shell = Shell.Run((_, _) => throw new BadInputException("bad row 3"), "work", "x", "--out", "absent/a", "--json");
        var error = shell.Json.GetProperty("error");
        Assert.Equal((3, "bad row 3"), (error.GetProperty("code").GetInt32(), error.GetProperty("message").GetString()));
        Assert.Equal("ddoq: bad row 3\n", shell.Error);
    }

    [Fact]
    public void Run_Json_RemarksAndProgressStayOffStdout()
    {
        var shell = Shell.Run((_, context) =>
        {
            context.Screen.Say("a remark");
            context.Screen.Warn("a warning");
            context.Progress.Report(new StageProgress("encode", 5, 5, "images"));
            return ScriptedVerb.Nothing;
        }, "work", "x", "--out", "absent/a", "--json");
        Assert.True(shell.Json.GetProperty("ok").GetBoolean());
        Assert.Contains("a remark\nddoq: warning: a warning\nencode: 5 images in ", shell.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Quiet_ResultAndWarningsAlone()
    {
        var shell = Shell.Run((_, context) =>
        {
            context.Screen.Say("a remark");
            context.Screen.Warn("[red] is no markup");
            context.Progress.Report(new StageProgress("encode", 5, 5, "images"));
            return ScriptedVerb.Nothing;
        }, "work", "x", "--out", "absent/a", "--quiet");
        Assert.Equal("ddoq: warning: [red] is no markup\n", shell.Error);
    }

    [Fact]
    public void Run_UnexpectedException_OneLineUnlessVerbose()
    {
        Outcome Throw(ScriptedVerb verb, CommandContext context) => throw new InvalidOperationException("surprise.");
        var plain = Shell.Run(Throw, "work", "x", "--out", "absent/a");
        Assert.Equal((1, 1), (plain.Code, plain.Error.Count(c => c == '\n')));
        Assert.Contains("InvalidOperationException: surprise.", plain.Error, StringComparison.Ordinal);

        var verbose = Shell.Run(Throw, "work", "x", "--out", "absent/a", "--verbose");
        Assert.Contains("   at Ddoq.", verbose.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_DiskFull_SaysSo()
    {
        var shell = Shell.Run((_, _) => throw new IOException("No space left on device : '/x/y'", DiskFull), "work", "x", "--out", "absent/a");
        Assert.Equal(1, shell.Code);
        Assert.StartsWith("ddoq: disk full: ", shell.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Cancelled_130() =>
        Assert.Equal(130, Shell.Run((_, _) => throw new OperationCanceledException(), "work", "x", "--out", "absent/a").Code);

    [Fact]
    public void Run_ErrorInsideParallelLoop_IsUnwrapped()
    {
        var shell = Shell.Run((_, _) =>
        {
            Parallel.For(0, 4, i => { if (i == 2) throw new BadInputException("image 2"); });
            return ScriptedVerb.Nothing;
        }, "work", "x", "--out", "absent/a");
        Assert.Equal((3, "ddoq: image 2\n"), (shell.Code, shell.Error));
    }

    [Fact]
    public void Run_Options_ReachTheVerb()
    {
        var shell = Shell.Run((verb, context) =>
        {
            Assert.Equal("@in put", context.Value(verb.Input));
            Assert.Equal((7, 0.25, "fancy"), (context.Value(verb.ImagesPerClass), context.Value(verb.Rate), context.Value(verb.Method)));
            Assert.Equal((new SeedSequence(ulong.MaxValue), 3, "cuda:1"), (context.Seed, context.Threads, $"{context.Device}"));
            Assert.True(context.IsGiven(verb.Rate));
            return ScriptedVerb.Nothing;
        }, "--seed", "18446744073709551615", "work", "@in put", "--ipc", "7", "--rate", "0.25", "--method=fancy", "--threads", "3", "--device", "cuda:1", "--out", "absent/a");
        Assert.Equal((0, ""), (shell.Code, shell.Error));
    }

    [Fact]
    public void Run_Defaults_AsDocumented()
    {
        var shell = Shell.Run((verb, context) =>
        {
            Assert.Equal((new SeedSequence(0), Environment.ProcessorCount, DeviceChoice.Cpu), (context.Seed, context.Threads, context.Device));
            Assert.Equal((10, 0.5, "plain"), (context.Value(verb.ImagesPerClass), context.Value(verb.Rate), context.Value(verb.Method)));
            Assert.False(context.IsGiven(verb.Rate));
            return ScriptedVerb.Nothing;
        }, "work", "x", "--out", "absent/a");
        Assert.Equal((0, ""), (shell.Code, shell.Error));
    }

    [Theory]
    [InlineData("unknown verb 'wrok' (did you mean work?)", "wrok", "x")]
    [InlineData("unknown verb 'wrok' (did you mean work?)", "wrok", "--help")]
    [InlineData("unknown option '--sede' (did you mean --seed?)", "work", "x", "--out", "a", "--sede", "3")]
    [InlineData("unknown option '--icp' (did you mean --ipc?)", "work", "x", "--out", "a", "--icp", "3")]
    [InlineData("'work' takes no further argument, but 'y' was given", "work", "x", "y", "--out", "a")]
    [InlineData("'INPUT' missing", "work", "--out", "a")]
    [InlineData("'--out' is required", "work", "x")]
    [InlineData("--ipc takes a whole number from 1 to 1000, not '0'", "work", "x", "--out", "a", "--ipc", "0")]
    [InlineData("--ipc takes a whole number from 1 to 1000, not '1e3'", "work", "x", "--out", "a", "--ipc", "1e3")]
    [InlineData("--ipc takes a whole number from 1 to 1000, not '-4'", "work", "x", "--out", "a", "--ipc", "-4")]
    [InlineData("--ipc takes a whole number from 1 to 1000, not '1000000000'", "work", "x", "--out", "a", "--ipc", "1000000000")]
    [InlineData("--rate takes a number from 0 to 1, not 'NaN'", "work", "x", "--out", "a", "--rate", "NaN")]
    [InlineData("--rate takes a number from 0 to 1, not '0,5'", "work", "x", "--out", "a", "--rate", "0,5")]
    [InlineData("--method takes one of plain, fancy (did you mean fancy?), not 'fanci'", "work", "x", "--out", "a", "--method", "fanci")]
    [InlineData("--seed takes a whole number from 0 to 18446744073709551615, not '-1'", "work", "x", "--out", "a", "--seed", "-1")]
    [InlineData("--threads takes a whole number from 1 to 1024, not '0'", "work", "x", "--out", "a", "--threads", "0")]
    [InlineData("--device takes cpu, cuda or cuda:i, not 'gpu'", "work", "x", "--out", "a", "--device", "gpu")]
    [InlineData("--device takes cpu, cuda or cuda:i, not 'cuda:-1'", "work", "x", "--out", "a", "--device", "cuda:-1")]
    [InlineData("--seed", "work", "x", "--out", "a", "--seed")]
    public void Run_BadCommandLine_2AndOneSentence(string expected, params string[] arguments)
    {
        var shell = Shell.Run((_, _) => ScriptedVerb.Nothing, arguments);
        Assert.Equal((2, ""), (shell.Code, shell.Out));
        Assert.Contains(expected, shell.Error, StringComparison.Ordinal);
        Assert.Equal(1, shell.Error.Count(c => c == '\n'));
    }

    [Fact]
    public void Run_BadCommandLineWithJson_ErrorDocument() =>
        Assert.Equal(2, Shell.Run((_, _) => ScriptedVerb.Nothing, "work", "--json").Json.GetProperty("error").GetProperty("code").GetInt32());

    [Fact]
    public void Run_NoArguments_2AndTheVerbs()
    {
        var shell = Shell.Run((_, _) => ScriptedVerb.Nothing);
        Assert.Equal((2, ""), (shell.Code, shell.Out));
        Assert.Contains("work", shell.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Version_PrintsIt()
    {
        var shell = Shell.Run("--version");
        Assert.Equal(0, shell.Code);
        Assert.Matches(@"^\d+\.\d+\.\d+", shell.Out);
    }
}
