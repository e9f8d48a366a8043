using System.Globalization;
using Ddoq.Foundations;
using Ddoq.Neural.Diffusion;
using TorchSharp;

namespace Ddoq.Neural.Synthesis;

/// <summary>How the noise level is named at which a point enters the sampler.</summary>
public enum StartKind
{
    /// <summary>Signal-to-noise ratio a/(1-a): the same amount of the point whatever the model's schedule is.</summary>
    Snr,

    /// <summary>Share of the steps that are taken, as diffusers' image-to-image has it: of <see cref="SynthesisOptions.Steps"/> in all, the first (1 - strength) are left out.</summary>
    Strength,

    /// <summary>Timestep of the model's schedule.</summary>
    Timestep,
}

/// <summary>The noise level at which a point enters the sampler.</summary>
/// <param name="Kind">How it is given.</param>
/// <param name="Value">Above 0 for an SNR, in (0, 1] for a strength, a whole number from 0 for a timestep.</param>
public readonly record struct StartLevel(StartKind Kind, double Value)
{
    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind.ToString().ToLowerInvariant()} {Value}");
}

/// <summary>What the points are that enter the sampler.</summary>
public enum StartPoint
{
    /// <summary>Centroids of clean latents, noised.</summary>
    Noised,

    /// <summary>Centroids of latents that were carried up the probability flow to the start level; they enter as they are.</summary>
    Inverted,

    /// <summary>Centroids of clean latents at the highest noise level: hardly more than the class is left.</summary>
    Noise,
}

/// <summary>How a centroid passes through a diffusion prior.</summary>
public sealed record SynthesisOptions
{
    /// <summary>Where D4M starts Stable Diffusion v1.5: strength 0.7 is timestep 701, alpha bar 0.0819.</summary>
    public const double D4mSnr = 0.089;

    /// <summary>What enters the sampler. Default: noised centroids.</summary>
    public StartPoint Start { get; init; } = StartPoint.Noised;

    /// <summary>
    /// Noise level at which they enter; not used for <see cref="StartPoint.Noise"/>. A large SNR keeps the centroid, a small one keeps the class only.
    /// Default: SNR 0.089, where D4M starts Stable Diffusion (strength 0.7), for every model.
    /// </summary>
    public StartLevel Level
    {
        get;
        init => field = value switch
        {
            { Kind: StartKind.Snr, Value: > 0 } or { Kind: StartKind.Strength, Value: > 0 and <= 1 } or { Kind: StartKind.Timestep, Value: >= 0 } => value,
            _ => throw new ArgumentOutOfRangeException(nameof(value), value, "an SNR above 0, a strength in (0, 1], or a timestep from 0"),
        };
    } = new(StartKind.Snr, D4mSnr);

    /// <summary>Classifier-free guidance: 1 is the plain class condition. Default 1.5.</summary>
    public double GuidanceScale { get; init; } = 1.5;

    /// <summary>Channels of the latent that are guided, the first ones; null for all. DiT's published code guides three of four.</summary>
    public int? GuidedChannels { get; init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "at least 1"); }

    /// <summary>Prompt of a class for a prior that reads text; "{}" stands for the class name. Default: the name alone, as D4M has it.</summary>
    public string Prompt { get; init; } = "{}";

    /// <summary>What a prior that reads text is guided away from. Default: nothing.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>Steps, at least 1: from the start level down, or of the whole schedule where the level is a strength. Default 25.</summary>
    public int Steps { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "at least 1"); } = 25;

    /// <summary>Sampler. Default: the model's own.</summary>
    public SamplerKind Sampler { get; init; } = SamplerKind.Own;

    /// <summary>Numbers in which the denoiser and the decoder compute; sampling itself is float32. Default: float32.</summary>
    public torch.ScalarType Precision
    {
        get;
        init => field = value is torch.ScalarType.Float32 or torch.ScalarType.BFloat16 or torch.ScalarType.Float16
            ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "float32, bfloat16 or float16");
    } = torch.ScalarType.Float32;

    /// <summary>
    /// Settings of a published recipe. "d4m": D4M's code with Stable Diffusion v1.5 (strength 0.7 of 50 PNDM steps, guidance 8, its negative prompt).
    /// "ddoq-ldm": the same, as DDOQ takes it over. "ddoq-dit": DiT's own sampling (50 ancestral steps, guidance 4 of three channels), entered at the SNR of "d4m".
    /// </summary>
    /// <exception cref="UsageException">There is none of that name.</exception>
    public static SynthesisOptions Preset(string name) => name switch
    {
        "default" => new(),
        "d4m" or "ddoq-ldm" => new()
        {
            Level = new(StartKind.Strength, 0.7), Steps = 50, Sampler = SamplerKind.Pndm, GuidanceScale = 8, NegativePrompt = "cartoon, anime, painting",
        },
        "ddoq-dit" => new() { Level = new(StartKind.Snr, D4mSnr), Steps = 50, Sampler = SamplerKind.Ddpm, GuidanceScale = 4, GuidedChannels = 3 },
        _ => throw new UsageException($"preset '{name}' is unknown: expected {string.Join(", ", PresetNames)}."),
    };

    /// <summary>Names that <see cref="Preset"/> knows.</summary>
    public static IReadOnlyList<string> PresetNames { get; } = ["default", "d4m", "ddoq-ldm", "ddoq-dit"];

    /// <summary>The options as a manifest keeps them.</summary>
    public IEnumerable<(string Name, string Value)> Describe()
    {
        static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
        yield return ("start", Start.ToString().ToLowerInvariant());
        if (Start != StartPoint.Noise) yield return (Level.Kind switch { StartKind.Snr => "start_snr", StartKind.Strength => "strength", _ => "start_timestep" }, Text(Level.Value));
        yield return ("sampler", Sampler.ToString().ToLowerInvariant());
        yield return ("denoising_steps", Text(Steps));
        yield return ("guidance_scale", Text(GuidanceScale));
        if (GuidedChannels is { } channels) yield return ("guided_channels", Text(channels));
        yield return ("prompt", Prompt);
        if (NegativePrompt.Length > 0) yield return ("negative_prompt", NegativePrompt);
        if (Precision != torch.ScalarType.Float32) yield return ("precision", Precision.ToString().ToLowerInvariant());
    }
}
