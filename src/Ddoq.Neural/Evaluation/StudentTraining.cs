using System.Diagnostics;
using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Labelling;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using Ddoq.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Evaluation;

/// <summary>The stage "train": students learn from a distilled set and are scored on real images.</summary>
public static class StudentTraining
{
    /// <summary>Trains <paramref name="students"/> students that differ in their seed only, one after another.</summary>
    /// <exception cref="BadInputException">Set and test set do not belong together, or the protocol wants soft labels and the set has none.</exception>
    public static EvaluationReport Evaluate(DistilledSet set, IImageDataset test, StudentProtocol protocol, int students, SeedSequence seeds,
        IProgress<StageProgress>? progress = null, Teacher? teacher = null, CancellationToken cancel = default)
    {
        var scores = new List<StudentScore>();
        for (var s = 0; s < students; s++)
        {
            var first = s * protocol.Epochs;
            void Report(int epoch, double loss) => progress?.Report(new StageProgress("train", first + epoch, (long)students * protocol.Epochs, "epochs", $"student {s + 1}/{students} loss {loss:0.000}"));
            scores.Add(TrainOne(set, test, protocol, s, seeds, Report, teacher, cancel));
        }
        return new EvaluationReport(protocol.Student.ToString(), protocol, scores);
    }

    /// <summary>Trains and scores one student. Student s has the same first weights, order and views under every set.</summary>
    /// <param name="set">What it learns from.</param>
    /// <param name="test">Real test images.</param>
    /// <param name="protocol">How it learns.</param>
    /// <param name="student">Its index, 0-based: its seed follows from it.</param>
    /// <param name="seeds">Root of all randomness.</param>
    /// <param name="report">Told epochs done and the mean loss of the last one.</param>
    /// <param name="teacher">Whom a protocol with an online teacher asks.</param>
    /// <param name="cancel">Checked once per batch.</param>
    /// <exception cref="BadInputException">As <see cref="Evaluate"/>.</exception>
    public static StudentScore TrainOne(DistilledSet set, IImageDataset test, StudentProtocol protocol, int student, SeedSequence seeds, Action<int, double> report,
        Teacher? teacher = null, CancellationToken cancel = default)
    {
        RequireFits(set, test, protocol, teacher);
        return Train(set, test, protocol, student, new SeedSequence(seeds.For("student", student)), report, teacher, cancel);
    }

    private static StudentScore Train(DistilledSet set, IImageDataset test, StudentProtocol protocol, int student, SeedSequence seeds, Action<int, double> report, Teacher? teacher, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        using var memory = PeakMemory.Watch();
        var normalization = new PixelNormalization([.. set.Provenance.Normalisation.Mean.Select(m => (float)m)], [.. set.Provenance.Normalisation.StandardDeviation.Select(m => (float)m)]);
        using var network = protocol.Student.Create(set.Shape, set.ClassNames.Count, seeds.For("student-drops")).WithTorchDefaults(seeds);
        using var learner = Learner.Of(network);
        using var lessons = new Lessons(set, normalization, protocol, seeds, teacher);
        var testBatches = new ImageBatches(test, normalization);
        using var optimizer = Optimizer(network, protocol);
        double best = -1, last = -1;
        var bestEpoch = 0;
        for (var epoch = 0; epoch < protocol.Epochs; epoch++)
        {
            if (protocol.RestartsAt(epoch)) optimizer.Forget();
            optimizer.Rate = protocol.RateAt(epoch);
            var loss = TrainEpoch(learner, optimizer, lessons, protocol, epoch, cancel);
            if (!double.IsFinite(loss)) throw new WorkFailedException($"student {student}: the loss became {loss} in epoch {epoch + 1}. Lower the learning rate ({protocol.LearningRate}).");
            report(epoch + 1, loss);
            if (!protocol.IsEvaluated(epoch + 1)) continue;
            last = Accuracy.Of(learner.Evaluate, testBatches, cancel);
            if (last > best) (best, bestEpoch) = (last, epoch + 1);
        }
        return new StudentScore(student, last, best, bestEpoch, clock.Elapsed.TotalSeconds, memory.Bytes);
    }

    private static double TrainEpoch(Learner learner, Optimizer optimizer, Lessons lessons, StudentProtocol protocol, int epoch, CancellationToken cancel)
    {
        var (sum, count) = (0.0, 0);
        foreach (var rows in lessons.Order(epoch).Chunk(protocol.BatchSize))
        {
            cancel.ThrowIfCancellationRequested();
            optimizer.ZeroGradients();
            foreach (var part in rows.Chunk((rows.Length + protocol.Parts - 1) / protocol.Parts))
            {
                using var scope = NewDisposeScope();
                var loss = lessons.Loss(learner.Train, part, epoch, rows.Length, rows[0]);
                learner.Backward(loss);
                sum += loss.item<float>();
            }
            optimizer.Step();
            count++;
        }
        return sum / count;
    }

    private static Optimizer Optimizer(nn.Module<Tensor, Tensor> network, StudentProtocol p)
    {
        // One group where all parameters decay alike, else one of matrices and one of vectors.
        ParameterGroup[] groups = p.DecaysVectors
            ? [new(network.parameters(), p.WeightDecay)]
            : [new(network.parameters().Where(w => w.dim() > 1), p.WeightDecay), new(network.parameters().Where(w => w.dim() <= 1))];
        return p.Optimizer == StudentOptimizer.Sgd
            ? new Sgd(groups, p.LearningRate)
            : new Adam(groups, p.LearningRate, decoupled: p.Optimizer == StudentOptimizer.AdamW);
    }

    private static void RequireFits(DistilledSet set, IImageDataset test, StudentProtocol protocol, Teacher? teacher)
    {
        if (protocol.Labels == LabelKind.Teacher)
            (teacher ?? throw new UsageException($"protocol '{protocol.Name}' asks a teacher in each step: name one with --teacher.")).RequireFits(set);
        if (test.Shape != set.Shape)
            throw new BadInputException($"the distilled set has images of {set.Shape}, the test set '{test.Name}' of {test.Shape}. Give the test split of the data set that was distilled.");
        if (!test.ClassNames.SequenceEqual(set.ClassNames))
            throw new BadInputException($"the distilled set has the classes [{string.Join(", ", set.ClassNames)}], the test set '{test.Name}' has [{string.Join(", ", test.ClassNames)}]. Names and order must agree.");
        if (protocol.Labels == LabelKind.Soft && set.SoftLabels is null)
            throw new BadInputException($"protocol '{protocol.Name}' trains on soft labels, but this set has none. Make them with 'ddoq label SET --teacher T'.");
    }
}
