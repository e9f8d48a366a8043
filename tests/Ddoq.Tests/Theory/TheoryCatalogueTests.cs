using Ddoq.Foundations;
using Ddoq.Theory.Checks;

namespace Ddoq.Tests.Theory;

public sealed class TheoryCatalogueTests
{
    [Theory]
    [InlineData(CheckRelation.Near, 1.1, true)]
    [InlineData(CheckRelation.Near, 0.8, false)]
    [InlineData(CheckRelation.Near, double.NaN, false)]
    [InlineData(CheckRelation.AtMost, -5, true)]
    [InlineData(CheckRelation.AtMost, 1.2, false)]
    [InlineData(CheckRelation.AtMost, double.NaN, false)]
    [InlineData(CheckRelation.AtLeast, 0.95, true)]
    [InlineData(CheckRelation.AtLeast, 0.8, false)]
    [InlineData(CheckRelation.AtLeast, double.NaN, false)]
    [InlineData(CheckRelation.MoreThan, 1.2, true)]
    [InlineData(CheckRelation.MoreThan, 1.05, false)]
    [InlineData(CheckRelation.MoreThan, double.NaN, false)]
    public void Ok_EveryRelation_IsWhatItSays(CheckRelation relation, double found, bool ok) => Assert.Equal(ok, new CheckRow("T1", "", 1, found, 0.1000001, relation).Ok);

    [Fact]
    public void Constructor_ChecksOfSeveralProjects_AreInOrderAndNoLongerPending()
    {
        var catalogue = new TheoryCatalogue([new Scripted("T11"), .. TheoryChecks.All, new Scripted("T9")], TheoryChecks.WithNetworks);
        Assert.Equal(["T8", "T9", "T10", "T11", "T12"], catalogue.Checks.Select(c => c.Id).SkipWhile(id => id != "T8").Take(5));
        Assert.Equal(["T13", "T17", "T18", "T19"], catalogue.Pending.Select(p => p.Id));
    }

    [Fact]
    public void Constructor_SameIdTwiceOrNoNumber_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new TheoryCatalogue([new Scripted("T1"), new Scripted("T1")], []));
        Assert.Throws<ArgumentException>(() => new TheoryCatalogue([new Scripted("X1")], []));
    }

    [Fact]
    public void Run_SeveralChecks_RowsInOrderAndProgress()
    {
        var seen = new List<StageProgress>();
        var rows = TheoryCatalogue.Run([new Scripted("T3"), new Scripted("T2")], new CheckContext(default), new Recorder(seen));
        Assert.Equal(["T3", "T3", "T2", "T2"], rows.Select(r => r.Id));
        Assert.Equal([(0L, "T3"), (1L, "T2"), (2L, "")], seen.Select(p => (p.Done, p.Note)));
    }

    [Fact]
    public void Run_Cancelled_Stops() =>
        Assert.Throws<OperationCanceledException>(() => TheoryCatalogue.Run([new Scripted("T3")], new CheckContext(default, 1, new CancellationToken(true))));

    private sealed class Scripted(string id) : ITheoryCheck
    {
        public string Id => id;

        public string Claim => "one is one";

        public IEnumerable<CheckRow> Run(CheckContext context) => [this.Near("a", 1, 1, 0), this.AtMost("b", 1, 1)];
    }

    private sealed class Recorder(List<StageProgress> seen) : IProgress<StageProgress>
    {
        public void Report(StageProgress value) => seen.Add(value);
    }
}
