using System.Diagnostics;
using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.Classifiers;
using Ddoq.Neural.Training;
using Ddoq.Quantization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddoq.Neural.Evaluation;

/// <summary>The stage "train": students learn from a distilled set and are scored on real images.</summary>
public static class StudentTraining
{
    private const double Momentum = 0.9;

    /// <summary>Trains <paramref name="students"/> students that differ in their seed only, one after another.</summary>
    /// <exception cref="BadInputException">Set and test set do not belong together, or the protocol wants soft labels and the set has none.</exception>
    public static EvaluationReport Evaluate(DistilledSet set, IImageDataset test, StudentProtocol protocol, int students, SeedSequence seeds,
        IProgress<StageProgress>? progress = null, CancellationToken cancel = default)
    {
        var scores = new List<StudentScore>();
        for (var s = 0; s < students; s++)
        {
            var first = s * protocol.Epochs;
            void Report(int epoch, double loss) => progress?.Report(new StageProgress("train", first + epoch, (long)students * protocol.Epochs, "epochs", $"student {s + 1}/{students} loss {loss:0.000}"));
            scores.Add(TrainOne(set, test, protocol, s, seeds, Report, cancel));
        }
        return new EvaluationReport(NameOf(set, protocol), protocol, scores);
    }

    /// <summary>Trains and scores one student. Student s has the same first weights, order and views under every set.</summary>
    /// <param name="set">What it learns from.</param>
    /// <param name="test">Real test images.</param>
    /// <param name="protocol">How it learns.</param>
    /// <param name="student">Its index, 0-based: its seed follows from it.</param>
    /// <param name="seeds">Root of all randomness.</param>
    /// <param name="report">Told epochs done and the mean loss of the last one.</param>
    /// <param name="cancel">Checked once per batch.</param>
    /// <exception cref="BadInputException">As <see cref="Evaluate"/>.</exception>
    public static StudentScore TrainOne(DistilledSet set, IImageDataset test, StudentProtocol protocol, int student, SeedSequence seeds, Action<int, double> report, CancellationToken cancel = default)
    {
        RequireFits(set, test, protocol);
        return Train(set, test, protocol, student, new SeedSequence(seeds.For("student", student)), report, cancel);
    }

    /// <summary>The student's network as tables name it.</summary>
    public static string NameOf(DistilledSet set, StudentProtocol protocol) => protocol.Classifier ?? ShapeOf(set, protocol).ToString();

    private static StudentScore Train(DistilledSet set, IImageDataset test, StudentProtocol protocol, int student, SeedSequence seeds, Action<int, double> report, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        var normalization = new PixelNormalization([.. set.Provenance.Normalisation.Mean.Select(m => (float)m)], [.. set.Provenance.Normalisation.StandardDeviation.Select(m => (float)m)]);
        using var network = Network(set, protocol, seeds).WithTorchDefaults(seeds);
        var lessons = new Lessons(set, normalization, protocol, seeds);
        var testBatches = new ImageBatches(test, normalization);
        using var optimizer = Optimizer(network, protocol);
        double best = -1, last = -1;
        var bestEpoch = 0;
        for (var epoch = 0; epoch < protocol.Epochs; epoch++)
        {
            SetRate(optimizer, RateAt(protocol, epoch));
            var loss = TrainEpoch(network, optimizer, lessons, epoch, seeds, cancel);
            if (!double.IsFinite(loss)) throw new WorkFailedException($"student {student}: the loss became {loss} in epoch {epoch + 1}. Lower the learning rate ({protocol.LearningRate}).");
            report(epoch + 1, loss);
            if (!IsEvaluated(protocol, epoch + 1)) continue;
            last = Accuracy.Of(network, testBatches, cancel);
            if (last > best) (best, bestEpoch) = (last, epoch + 1);
        }
        return new StudentScore(student, last, best, bestEpoch, clock.Elapsed.TotalSeconds);
    }

    private static double TrainEpoch(nn.Module<Tensor, Tensor> network, optim.Optimizer optimizer, Lessons lessons, int epoch, SeedSequence seeds, CancellationToken cancel)
    {
        var (sum, count) = (0.0, 0);
        foreach (var rows in seeds.Stream("student-order", epoch).Permutation(lessons.Count).Chunk(lessons.BatchSize))
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            var loss = lessons.Loss(network, rows, epoch);
            loss.backward();
            optimizer.step();
            sum += loss.item<float>();
            count++;
        }
        return sum / count;
    }

    private static nn.Module<Tensor, Tensor> Network(DistilledSet set, StudentProtocol protocol, SeedSequence seeds) => protocol.Classifier is { } name
        ? Classifiers.Create(name, set.ClassNames.Count, set.Shape, seeds.For("student-drops"))
        : new ConvNet(ShapeOf(set, protocol));

    private static ConvNetShape ShapeOf(DistilledSet set, StudentProtocol protocol) => new(set.Shape, set.ClassNames.Count, protocol.Width, protocol.Depth);

    private static optim.Optimizer Optimizer(nn.Module<Tensor, Tensor> network, StudentProtocol p) => p.Optimizer == StudentOptimizer.Sgd
        ? optim.SGD(network.parameters(), p.LearningRate, Momentum, weight_decay: p.WeightDecay)
        : optim.AdamW(network.parameters(), p.LearningRate, weight_decay: p.WeightDecay);

    private static void SetRate(optim.Optimizer optimizer, double rate)
    {
        foreach (var group in optimizer.ParamGroups) group.LearningRate = rate;
    }

    private static double RateAt(StudentProtocol p, int epoch) => p.LearningRate * (p.Decay == RateDecay.Cosine
        ? 0.5 * (1 + Math.Cos(Math.PI * epoch / p.Epochs))
        : epoch > p.Epochs / 2 ? 0.1 : 1.0);

    // The i-th of n evaluations comes after round(i E / n) epochs; the last after all of them.
    private static bool IsEvaluated(StudentProtocol p, int epochsDone) =>
        Enumerable.Range(1, p.Evaluations).Any(i => (int)Math.Round(i * p.Epochs / (double)p.Evaluations) == epochsDone);

    private static void RequireFits(DistilledSet set, IImageDataset test, StudentProtocol protocol)
    {
        if (test.Shape != set.Shape)
            throw new BadInputException($"the distilled set has images of {set.Shape}, the test set '{test.Name}' of {test.Shape}. Give the test split of the data set that was distilled.");
        if (!test.ClassNames.SequenceEqual(set.ClassNames))
            throw new BadInputException($"the distilled set has the classes [{string.Join(", ", set.ClassNames)}], the test set '{test.Name}' has [{string.Join(", ", test.ClassNames)}]. Names and order must agree.");
        if (protocol.Labels == LabelKind.Soft && set.SoftLabels is null)
            throw new BadInputException($"protocol '{protocol.Name}' trains on soft labels, but this set has none. Make them with 'ddoq label SET --teacher T'.");
    }
}
