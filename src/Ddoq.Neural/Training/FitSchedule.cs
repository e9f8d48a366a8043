namespace Ddoq.Neural.Training;

/// <summary>Length and step sizes of a training run with AdamW (Loshchilov and Hutter 2019): linear warm-up, then one cosine to zero.</summary>
public sealed record FitSchedule
{
    private readonly int _epochs = 20, _batch = 128;
    private readonly double _rate = 2e-3;

    /// <summary>Passes over the data, at least 1.</summary>
    public int Epochs { get => _epochs; init => _epochs = Positive(value, nameof(Epochs)); }

    /// <summary>Samples per step, at least 1.</summary>
    public int BatchSize { get => _batch; init => _batch = Positive(value, nameof(BatchSize)); }

    /// <summary>Largest learning rate, above 0.</summary>
    public double LearningRate
    {
        get => _rate;
        init => _rate = value is > 0 and < 1 ? value : throw new ArgumentOutOfRangeException(nameof(LearningRate), value, "between 0 and 1");
    }

    /// <summary>Decoupled weight decay on parameters of rank 2 and more.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Steps of linear warm-up; at most a tenth of all steps, so that a short training reaches its rate too.</summary>
    public int WarmUp { get; init; } = 200;

    /// <summary>Largest norm of the whole gradient.</summary>
    public double GradientNorm { get; init; } = 5;

    /// <summary>Decay of the running average of the weights that is kept as the result; 0 keeps the last weights.</summary>
    public double AverageDecay { get; init; }

    /// <summary>Learning rate of <paramref name="step"/> (from 0) out of <paramref name="total"/>.</summary>
    public double RateAt(long step, long total) =>
        LearningRate * Math.Min(1, (step + 1.0) / Math.Clamp(WarmUp, 1, Math.Max(1, total / 10))) * 0.5 * (1 + Math.Cos(Math.PI * step / total));

    private static int Positive(int value, string name) => value >= 1 ? value : throw new ArgumentOutOfRangeException(name, value, "at least 1");
}
