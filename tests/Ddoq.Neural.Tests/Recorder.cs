using System.Globalization;
using Ddoq.Foundations;

namespace Ddoq.Neural.Tests;

/// <summary>Progress kept in order, on the thread that reports.</summary>
internal sealed class Recorder(Action<StageProgress>? react = null) : IProgress<StageProgress>
{
    private readonly List<StageProgress> _reports = [];

    public IReadOnlyList<StageProgress> Reports => _reports;

    /// <summary>Mean loss of each epoch, from notes like "epoch 1/2 loss 0.1234".</summary>
    public double[] EpochLosses => [.. _reports.Select(r => r.Note.Split(' ')).GroupBy(n => n[1]).Select(g => double.Parse(g.Last()[3], CultureInfo.InvariantCulture))];

    public void Report(StageProgress value)
    {
        lock (_reports) _reports.Add(value);
        react?.Invoke(value);
    }
}
