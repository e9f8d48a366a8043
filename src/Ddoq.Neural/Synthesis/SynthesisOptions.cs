namespace Ddoq.Neural.Synthesis;

/// <summary>How a centroid passes through a diffusion prior.</summary>
public sealed record SynthesisOptions
{
    private readonly double _snr = 0.089;
    private readonly int _steps = 25;

    /// <summary>SNR = a/(1-a) at which the noised centroid enters the sampler. Large keeps the centroid, small keeps the class only. Default 0.089: where D4M starts Stable Diffusion (strength 0.7).</summary>
    public double StartSnr { get => _snr; init => _snr = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(StartSnr), value, "above 0"); }

    /// <summary>Classifier-free guidance: 1 is the plain class condition. Default 1.5.</summary>
    public double GuidanceScale { get; init; } = 1.5;

    /// <summary>Prompt of a class for a prior that reads text; "{}" stands for the class name. Default: the name alone, as D4M has it.</summary>
    public string Prompt { get; init; } = "{}";

    /// <summary>What a prior that reads text is guided away from. Default: nothing.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>Calls of the denoiser, at least 1. Default 25.</summary>
    public int Steps { get => _steps; init => _steps = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Steps), value, "at least 1"); }
}
