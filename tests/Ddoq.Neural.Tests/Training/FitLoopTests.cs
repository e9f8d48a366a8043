using Ddoq.Datasets;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Training;

public sealed class FitLoopTests
{
    private const int Samples = 24;
    private static readonly FitSchedule Schedule = new() { Epochs = 3, BatchSize = 8, LearningRate = 0.01, WarmUp = 2, AverageDecay = 0.9 };

    [Theory]
    [InlineData(0.9)]
    [InlineData(0)]
    public void Run_KilledAndResumed_EndsWithTheBitsOfAnUndisturbedRun(double averageDecay)
    {
        var schedule = Schedule with { AverageDecay = averageDecay };
        using var folder = new TemporaryFolder();
        var (whole, outcome) = Train(schedule, 1, folder["whole"]);

        // Killed in the middle of the second epoch: what it did after the first is lost.
        using var kill = new CancellationTokenSource();
        var killer = new Recorder(r => { if (r.Done == 5) kill.Cancel(); });
        Assert.Throws<OperationCanceledException>(() => Train(schedule, 1, folder["parts"], killer, cancel: kill.Token));
        var resumed = new Recorder();
        var (parts, again) = Train(schedule, 1, folder["parts"], resumed, initialization: 99); // the checkpoint decides, not the start
        Assert.Equal(4, resumed.Reports[0].Done);

        RequireSame(whole, parts);
        Assert.Equal(outcome.Loss, again.Loss);
        foreach (var file in new[] { "weights.safetensors", "average.safetensors", "optimizer.safetensors" })
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder["whole"], file)), File.ReadAllBytes(Path.Combine(folder["parts"], file)));
    }

    [Fact]
    public void Run_KilledAfterTheLastEpoch_GivesTheSameWeightsAndLossWithoutAStep()
    {
        using var folder = new TemporaryFolder();
        var (first, outcome) = Train(Schedule, 1, folder["run"]);
        var recorder = new Recorder();
        var (second, again) = Train(Schedule, 1, folder["run"], recorder, initialization: 99);
        Assert.Empty(recorder.Reports);
        RequireSame(first, second);
        Assert.Equal(outcome.Loss, again.Loss);
    }

    [Fact]
    public void Run_StateOfTheOptimizerMissingOrOfAnotherModel_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Train(Schedule with { Epochs = 1 }, 1, folder["run"]);
        var path = Path.Combine(folder["run"], "optimizer.safetensors");
        new SafetensorsWriter().Add("steps", new long[] { 1, 1 }, 2).Write(path, replace: true);
        Assert.Contains("found [2]", Assert.Throws<BadInputException>(() => Train(Schedule, 1, folder["run"])).Message);
        File.Delete(path);
        Assert.Contains(path, Assert.Throws<BadInputException>(() => Train(Schedule, 1, folder["run"])).Message);
    }

    [Fact]
    public void Run_SameSeed_GivesTheSameBitsAndAnotherSeedOthers()
    {
        RequireSame(Train(Schedule, 1).Network, Train(Schedule, 1).Network);
        Assert.False(Train(Schedule, 1).Network.parameters().First().bytes.SequenceEqual(Train(Schedule, 2).Network.parameters().First().bytes));
    }

    [Fact]
    public void Run_LossBecomesNaN_FailsBeforeTheWeightsDo()
    {
        var network = Network(1);
        var loop = new FitLoop("toy", network, Schedule, new SeedSequence(1));
        var failure = Assert.Throws<WorkFailedException>(() => loop.Run(Samples, (_, epoch) => network.parameters().First().sum() * (epoch == 1 ? double.NaN : 1), null, default));
        Assert.Contains("epoch 2", failure.Message);
        Assert.All(network.parameters(), p => Assert.True(p.isfinite().all().item<bool>()));
    }

    [Fact]
    public void Run_EachEpoch_SeesDifferentRowsOnceInWholeBatches()
    {
        var network = Network(1);
        var seen = new List<(int Epoch, int[] Rows)>();
        new FitLoop("toy", network, Schedule, new SeedSequence(1)).Run(Samples + 5, (rows, epoch) =>
        {
            seen.Add((epoch, rows));
            return network.parameters().First().square().sum();
        }, null, default);
        var epochs = seen.GroupBy(s => s.Epoch).Select(g => g.SelectMany(s => s.Rows).ToArray()).ToArray();
        Assert.Equal(3, epochs.Length);
        Assert.All(epochs, rows => Assert.Equal(Samples, rows.Distinct().Count()));
        Assert.NotEqual(epochs[0], epochs[1]);
    }

    [Fact]
    public void RateAt_WholeRun_WarmsUpAndFallsToZero()
    {
        var s = new FitSchedule { LearningRate = 0.1, WarmUp = 10 };
        Assert.Equal(0.01, s.RateAt(0, 1000), 1e-6);
        Assert.Equal(0.1 * 0.5 * (1 + Math.Cos(Math.PI * 0.5)), s.RateAt(500, 1000), 1e-12);
        Assert.InRange(s.RateAt(999, 1000), 0, 1e-5);
        Assert.Throws<ArgumentOutOfRangeException>(() => s with { Epochs = 0 });
    }

    private static (ConvNet Network, FitOutcome Outcome) Train(FitSchedule schedule, ulong seed, string? checkpoints = null, Recorder? progress = null, ulong? initialization = null, CancellationToken cancel = default)
    {
        var network = Network(initialization ?? seed);
        var (images, labels) = (new Draws("images").Normal(Samples, 1, 8, 8), new Draws("labels").Integers(3, Samples));
        Tensor Loss(int[] rows, int epoch)
        {
            var index = tensor(Array.ConvertAll(rows, r => (long)r));
            return nn.functional.cross_entropy(network.call(images.index_select(0, index)), labels.index_select(0, index));
        }
        var outcome = new FitLoop("toy", network, schedule, new SeedSequence(seed), checkpoints).Run(Samples, Loss, progress, cancel);
        return (network, outcome);
    }

    private static ConvNet Network(ulong seed) => new ConvNet(new ConvNetShape(new ImageShape(1, 8, 8), 3, Width: 6, Depth: 2)).WithTorchDefaults(new SeedSequence(seed));

    private static void RequireSame(ConvNet a, ConvNet b)
    {
        foreach (var (name, value) in a.state_dict()) Agreement.RequireSameBits(b.state_dict()[name], value, name);
    }
}
