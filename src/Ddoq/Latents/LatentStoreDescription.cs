using Ddoq.Foundations;

namespace Ddoq.Latents;

/// <summary>What a latent store holds and where it came from.</summary>
public sealed record LatentStoreDescription
{
    /// <summary>Shape of each latent.</summary>
    public required LatentShape Shape
    {
        get;
        init => field = value is { Channels: > 0, Height: > 0, Width: > 0 } ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "a latent has at least one element on each axis.");
    }

    /// <summary>Storage type. Default: float16.</summary>
    public LatentPrecision Precision { get; init; } = LatentPrecision.Float16;

    /// <summary>Name of the encoder, for instance "fashion-vae" or "pca".</summary>
    public required string Encoder { get; init; }

    /// <summary>SHA-256 of the encoder's weights, lower-case hexadecimal; empty for a weightless one.</summary>
    public required string EncoderSha256 { get; init; }

    /// <summary>Name of the data set that was encoded.</summary>
    public required string Dataset { get; init; }

    /// <summary>Fingerprint of the data set that was encoded.</summary>
    public required string DatasetFingerprint { get; init; }

    /// <summary>Class names in label order.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>The first difference between two descriptions, in words: "precision was float16, now it is float32"; null where they agree.</summary>
    public string? DifferenceFrom(LatentStoreDescription wanted) => WorkFolder.Difference(Request(), wanted.Request());

    /// <summary>The description by name, to tell unfinished stores apart.</summary>
    internal Dictionary<string, string> Request() => new()
    {
        ["work"] = "encode",
        ["latent_shape"] = $"{Shape}",
        ["precision"] = Precision == LatentPrecision.Float16 ? "float16" : "float32",
        ["encoder"] = Encoder,
        ["encoder_sha256"] = EncoderSha256,
        ["dataset"] = Dataset,
        ["dataset_fingerprint"] = DatasetFingerprint,
        ["class_names"] = System.Text.Json.JsonSerializer.Serialize(ClassNames),
    };
}
