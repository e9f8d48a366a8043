namespace Ddoq.Neural.Training;

/// <summary>How the small latent prior is trained. The defaults give the bundled Fashion-MNIST prior.</summary>
public sealed record PriorOptions
{
    /// <summary>Width of the transformer, E. Default 128.</summary>
    public int Hidden { get; init; } = 128;

    /// <summary>Blocks. Default 6.</summary>
    public int Depth { get; init; } = 6;

    /// <summary>Attention heads. Default 4.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Side of a latent patch. Default 2.</summary>
    public int Patch { get; init; } = 2;

    /// <summary>Noise schedule by name. Default cosine.</summary>
    public string NoiseSchedule { get; init; } = "cosine";

    /// <summary>Share of samples trained without their class, for classifier-free guidance. Default 0.1.</summary>
    public double ClassDropout { get; init; } = 0.1;

    /// <summary>Length and step sizes.</summary>
    public FitSchedule Schedule { get; init; } = new() { Epochs = 16, BatchSize = 128, LearningRate = 1e-3, WeightDecay = 0, GradientNorm = 1, AverageDecay = 0.9995, WarmUp = 500 };
}

/// <summary>What model.json says of a prior.</summary>
/// <param name="LatentChannels">Channels of z.</param>
/// <param name="LatentHeight">Rows of z.</param>
/// <param name="LatentWidth">Columns of z.</param>
/// <param name="Classes">Class names in label order.</param>
/// <param name="Patch">Side of a patch.</param>
/// <param name="Hidden">E.</param>
/// <param name="Depth">Blocks.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="NoiseSchedule">Name of the schedule.</param>
/// <param name="Prediction">"velocity" or "epsilon".</param>
/// <param name="EncoderSha256">Hash of the VAE in whose latents it works.</param>
/// <param name="TrainedOn">Name of the training set.</param>
/// <param name="Fingerprint">Its fingerprint.</param>
/// <param name="Epochs">Passes.</param>
/// <param name="Seed">Root seed.</param>
/// <param name="Loss">Mean training loss of the last epoch (squared error of the velocity; 1 is what predicting zero gives).</param>
public sealed record PriorSettings(int LatentChannels, int LatentHeight, int LatentWidth, IReadOnlyList<string> Classes, int Patch, int Hidden, int Depth, int Heads,
    string NoiseSchedule, string Prediction, string EncoderSha256, string TrainedOn, string Fingerprint, int Epochs, ulong Seed, double Loss);
