using System.Diagnostics;
using Ddoq.Foundations;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Training;

/// <summary>What a training run did.</summary>
/// <param name="Epochs">Passes over the data.</param>
/// <param name="Seconds">Wall clock of this process; epochs done before a resume are not counted.</param>
/// <param name="Loss">Mean loss of the last epoch.</param>
public readonly record struct FitOutcome(int Epochs, double Seconds, double Loss);

/// <summary>
/// The loop that all our models are trained with: shuffled batches, AdamW, clipped gradients, an optional running average
/// of the weights, a checkpoint after each epoch. All randomness follows from (seed, epoch, row), so a killed run that
/// is resumed ends with the same bits as one that was not.
/// </summary>
internal sealed class FitLoop
{
    private readonly string _stage;
    private readonly nn.Module _module;
    private readonly FitSchedule _schedule;
    private readonly SeedSequence _seeds;
    private readonly Adam _optimizer;
    private readonly WeightAverage? _average;
    private readonly FitCheckpoint? _checkpoint;

    public FitLoop(string stage, nn.Module module, FitSchedule schedule, SeedSequence seeds, string? checkpoints = null)
    {
        (_stage, _module, _schedule, _seeds) = (stage, module, schedule, seeds);
        var parameters = module.parameters().Where(p => p.requires_grad).ToArray();
        _optimizer = new Adam([new(parameters.Where(p => p.dim() > 1), schedule.WeightDecay), new(parameters.Where(p => p.dim() <= 1))], schedule.LearningRate, decoupled: true);
        if (schedule.AverageDecay > 0) _average = new WeightAverage(module, schedule.AverageDecay);
        if (checkpoints is not null) _checkpoint = new FitCheckpoint(checkpoints, module, _average, _optimizer);
    }

    /// <summary>Trains, once; <paramref name="loss"/> maps (rows, epoch) to a scalar. <paramref name="afterEpoch"/> is told the epochs done while the module holds the weights that would be kept.</summary>
    public FitOutcome Run(int samples, Func<int[], int, Tensor> loss, IProgress<StageProgress>? progress, CancellationToken cancel, Action<int>? afterEpoch = null)
    {
        var clock = Stopwatch.StartNew();
        using var optimizer = _optimizer;
        _module.train();
        var (first, mean) = _checkpoint?.Restore() ?? (0, double.NaN);
        for (var epoch = first; epoch < _schedule.Epochs; epoch++)
        {
            mean = RunEpoch(samples, epoch, loss, progress, cancel);
            // Before the checkpoint: a run that is killed in between does the epoch again, and this with it.
            if (afterEpoch is not null) Kept(() => afterEpoch(epoch + 1));
            _checkpoint?.Save(epoch + 1, mean);
        }
        _average?.CopyToModule();
        _module.eval();
        return new FitOutcome(_schedule.Epochs, clock.Elapsed.TotalSeconds, mean);
    }

    private void Kept(Action use)
    {
        if (_average is null) use();
        else _average.During(use);
    }

    private double RunEpoch(int samples, int epoch, Func<int[], int, Tensor> loss, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        var steps = Math.Max(1, samples / _schedule.BatchSize); // the tail of a shuffle is left out, another one each epoch
        long total = (long)steps * _schedule.Epochs;
        var order = _seeds.Stream("order", epoch).Permutation(samples);
        var sum = 0.0;
        for (var s = 0; s < steps; s++)
        {
            cancel.ThrowIfCancellationRequested();
            var step = (long)epoch * steps + s;
            var rows = order.AsSpan(s * _schedule.BatchSize, Math.Min(_schedule.BatchSize, samples)).ToArray();
            sum += Step(rows, epoch, _schedule.RateAt(step, total), loss);
            progress?.Report(new StageProgress(_stage, step + 1, total, "steps", $"epoch {epoch + 1}/{_schedule.Epochs} loss {sum / (s + 1):0.0000}"));
        }
        return sum / steps;
    }

    private double Step(int[] rows, int epoch, double rate, Func<int[], int, Tensor> loss)
    {
        using var scope = NewDisposeScope();
        _optimizer.Rate = rate;
        _optimizer.ZeroGradients();
        var value = loss(rows, epoch);
        var number = value.item<float>();
        // Checked before clipping, which would spread one NaN over every parameter.
        if (!float.IsFinite(number)) throw new WorkFailedException($"{_stage}: the loss became {number} in epoch {epoch + 1}. Lower the learning rate ({_schedule.LearningRate}) or look for broken images.");
        value.backward();
        nn.utils.clip_grad_norm_(_module.parameters().Where(p => p.grad is not null), _schedule.GradientNorm);
        _optimizer.Step();
        _average?.Update();
        return number;
    }
}
