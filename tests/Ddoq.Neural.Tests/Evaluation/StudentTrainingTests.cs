using Ddoq.Augmentations;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Evaluation;
using Ddoq.Neural.Labelling;

namespace Ddoq.Neural.Tests.Evaluation;

public sealed class StudentTrainingTests
{
    private static readonly StudentProtocol Protocol = new() { Name = "test", Student = new Student { Width = 8, Depth = 2 }, Epochs = 6, BatchSize = 4, LearningRate = 0.05, Evaluations = 3 };
    private static readonly DistilledSet Set = SmallSets.Distilled([[3, 1], [2, 2], [1, 5]]);

    [Fact]
    public void Evaluate_SameSeed_GivesTheSameScoresAndAnotherSeedOthers()
    {
        var test = SmallSets.Images(60, seed: 9);
        StudentScore[] Scores(ulong seed) => [.. StudentTraining.Evaluate(Set, test, Protocol, 3, new SeedSequence(seed)).Students.Select(s => s with { Seconds = 0, PeakBytes = 0 })];
        Assert.Equal(Scores(4), Scores(4));
        Assert.NotEqual(Scores(4), Scores(5));
    }

    [Fact]
    public void TrainOne_StudentOfAnIndex_IsThatStudentOfAllSeeds()
    {
        var test = SmallSets.Images(60, seed: 9);
        var report = StudentTraining.Evaluate(Set, test, Protocol, 2, new SeedSequence(4));
        var epochs = new List<int>();
        var score = StudentTraining.TrainOne(Set, test, Protocol, 1, new SeedSequence(4), (epoch, _) => epochs.Add(epoch));
        Assert.Equal(report.Students[1] with { Seconds = 0, PeakBytes = 0 }, score with { Seconds = 0, PeakBytes = 0 });
        Assert.Equal([1, 2, 3, 4, 5, 6], epochs);
    }

    [Fact]
    public void Evaluate_EasyClasses_LearnsThem()
    {
        var progress = new Recorder();
        var set = SmallSets.Distilled([[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]]);
        var report = StudentTraining.Evaluate(set, SmallSets.Images(60, seed: 9), Protocol with { Epochs = 40 }, 2, new SeedSequence(4), progress);
        Assert.InRange(report.Last.Mean, 0.8, 1); // chance is a third
        Assert.True(report.Best.Mean >= report.Last.Mean);
        Assert.Equal("ConvNet-2 w8", report.Student);
        Assert.Equal(80, progress.Reports.Max(r => r.Done));
        Assert.All(report.Students, s => Assert.InRange(s.BestEpoch, 1, 40));
    }

    [Fact]
    public void Evaluate_SoftLabelsOfATeacher_TrainsOnItsViews()
    {
        using var folder = new TemporaryFolder();
        var labels = SoftLabelling.Label(Set, SmallSets.Teacher(folder), new LabelOptions { Views = 3, Augmentation = new Augmentation { Shift = 1 } }, new SeedSequence(2));
        var protocol = Protocol with { Labels = LabelKind.Soft };
        var report = StudentTraining.Evaluate(Set.WithSoftLabels(labels), SmallSets.Images(30, seed: 9), protocol, 1, new SeedSequence(4));
        Assert.InRange(report.Last.Mean, 0, 1);
        var refused = Assert.Throws<BadInputException>(() => StudentTraining.Evaluate(Set, SmallSets.Images(30), protocol, 1, new SeedSequence(4)));
        Assert.Contains("has none", refused.Message);
    }

    [Fact]
    public void Evaluate_TestSetOfAnotherKind_IsRefused()
    {
        var wide = Assert.Throws<BadInputException>(() => StudentTraining.Evaluate(Set, SmallSets.Images(6, shape: new(1, 8, 9)), Protocol, 1, new SeedSequence(4)));
        Assert.Contains("1x8x9", wide.Message);
        var other = new Ddoq.Datasets.InMemoryDataset("other", ["b", "a", "c"], SmallSets.Shape, new byte[64], [0]);
        Assert.Contains("[b, a, c]", Assert.Throws<BadInputException>(() => StudentTraining.Evaluate(Set, other, Protocol, 1, new SeedSequence(4))).Message);
    }

    // A teacher that is asked in each step says what it would have said before, up to float16.
    [Fact]
    public void Evaluate_OnlineTeacher_LearnsWhatStoredLabelsTeach()
    {
        using var folder = new TemporaryFolder();
        var teacher = SmallSets.Teacher(folder);
        var protocol = Protocol with { Labels = LabelKind.Teacher, Augmentation = new Augmentation { Shift = 1, Mix = MixKind.CutMix }, Temperature = 4 };
        var refused = Assert.Throws<UsageException>(() => StudentTraining.Evaluate(Set, SmallSets.Images(30, seed: 9), protocol, 1, new SeedSequence(4)));
        Assert.Contains("--teacher", refused.Message);
        var report = StudentTraining.Evaluate(Set, SmallSets.Images(30, seed: 9), protocol, 1, new SeedSequence(4), teacher: teacher);
        Assert.InRange(report.Last.Mean, 0, 1);
        Assert.Equal(report.Last, StudentTraining.Evaluate(Set, SmallSets.Images(30, seed: 9), protocol, 1, new SeedSequence(4), teacher: teacher).Last);
    }

    [Fact]
    public void Evaluate_RateThatDiverges_FailsInWords()
    {
        var failure = Assert.Throws<WorkFailedException>(() => StudentTraining.Evaluate(Set, SmallSets.Images(6), Protocol with { LearningRate = 1e30, Epochs = 20 }, 1, new SeedSequence(4)));
        Assert.Contains("Lower the learning rate", failure.Message);
    }
}
