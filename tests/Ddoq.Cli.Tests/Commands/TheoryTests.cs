using System.Text.Json;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands;
using Ddoq.Cli.Tests.CommandLine;
using Ddoq.Theory.Checks;

namespace Ddoq.Cli.Tests.Commands;

public sealed class TheoryTests
{
    [Fact]
    public void Theory_All_EveryCheckIsOk()
    {
        var shell = Shell.Run("theory", "all", "--json");
        Assert.True(shell.Code == 0, shell.Error);
        var checks = shell.Json.GetProperty("checks").EnumerateArray().ToList();
        Assert.All(checks, check => Assert.True(check.GetProperty("ok").GetBoolean(), $"{check}"));
        Assert.All(checks, check => Assert.Equal(JsonValueKind.Number, check.GetProperty("found").ValueKind));
        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"T{i}"), checks.Select(check => check.GetProperty("id").GetString()).Distinct());
        Assert.Empty(shell.Json.GetProperty("pending").EnumerateArray());
        Assert.True(shell.Json.GetProperty("ok").GetBoolean());
    }

    [Fact]
    public void Theory_One_RowsOfThatCheckWithTheirTolerance()
    {
        var shell = Shell.Run("theory", "t1", "--json");
        var rows = shell.Json.GetProperty("checks").EnumerateArray().ToList();
        Assert.Equal((0, 9), (shell.Code, rows.Count));
        Assert.Equal(("T1", 0.363380, 1e-6, "="), (rows[1].GetProperty("id").GetString(), rows[1].GetProperty("expected").GetDouble(), rows[1].GetProperty("tolerance").GetDouble(), rows[1].GetProperty("relation").GetString()));
        Assert.InRange(rows[1].GetProperty("found").GetDouble(), 0.363379, 0.363381);
    }

    [Fact]
    public void Theory_ForPeople_TableAndCount()
    {
        var shell = Shell.Run("theory", "T3");
        Assert.Equal(0, shell.Code);
        Assert.Matches(@"check +number +expected +found +tolerance +ok", shell.Out);
        Assert.Contains("12 of 12 numbers as expected", shell.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("Not run", shell.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Theory_Seed_ChangesTheDraws()
    {
        static string Found(params string[] arguments) => Shell.Run(["theory", "T8", "--json", .. arguments]).Json.GetProperty("checks").ToString();
        Assert.Equal(Found(), Found("--seed", "0", "--threads", "3"));
        Assert.NotEqual(Found(), Found("--seed", "1"));
    }

    [Fact]
    public void Theory_List_ClaimsAndWhatIsMissing()
    {
        var shell = Shell.Run("theory", "list");
        Assert.Equal(0, shell.Code);
        var checks = Shell.Run("theory", "list", "--json").Json.GetProperty("checks").EnumerateArray().ToList();
        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"T{i}"), checks.Select(check => check.GetProperty("id").GetString()));
        Assert.Equal(20, checks.Count(check => check.GetProperty("available").GetBoolean()));
    }

    [Theory]
    [InlineData("lst", "did you mean list?")]
    [InlineData("T42", "Use T1, T2")]
    public void Theory_CheckThatCannotRun_IsAUsageError(string name, string says)
    {
        var shell = Shell.Run("theory", name);
        Assert.Equal((2, ""), (shell.Code, shell.Out));
        Assert.Contains(says, shell.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Theory_CheckThatNoProjectBrings_IsListedAndRefused()
    {
        (int Code, string Out, string Error) Run(params string[] arguments)
        {
            var (output, error) = (new StringWriter(), new StringWriter());
            var application = new Application([new TheoryCommand(new TheoryCatalogue([new Broken()], TheoryChecks.WithNetworks))], output, error, TerminalTraits.None);
            return (application.Run(arguments), output.ToString(), error.ToString());
        }
        Assert.Matches(@"T11 .*not yet: comes with", Run("theory", "list").Out);
        var refused = Run("theory", "T11");
        Assert.Equal((2, ""), (refused.Code, refused.Out));
        Assert.Contains("comes with", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Theory_SomethingDiffers_FailsAndSaysWhat()
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var application = new Application([new TheoryCommand(new TheoryCatalogue([new Broken()], TheoryChecks.WithNetworks))], output, error, TerminalTraits.None);
        Assert.Equal(1, application.Run(["theory", "all", "--json"]));
        Assert.Contains("2 of 3 numbers are not what the theory says: T19 one; T19 nothing", error.ToString(), StringComparison.Ordinal);
        var json = JsonDocument.Parse(output.ToString()).RootElement;
        Assert.False(json.GetProperty("ok").GetBoolean());
        Assert.Equal([false, true, false], json.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("ok").GetBoolean()));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("checks")[2].GetProperty("found").ValueKind);
        Assert.DoesNotContain("T19", json.GetProperty("pending").ToString(), StringComparison.Ordinal);
    }

    private sealed class Broken : ITheoryCheck
    {
        public string Id => "T19";

        public string Claim => "two is one";

        public IEnumerable<CheckRow> Run(CheckContext context) => [this.Near("one", 1, 2, 0.5), this.AtLeast("more", 1, 2), this.AtMost("nothing", 1, double.NaN)];
    }
}
