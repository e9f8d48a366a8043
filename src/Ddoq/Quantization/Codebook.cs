using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Latents;

namespace Ddoq.Quantization;

/// <summary>
/// The codebooks of all classes, saved as one safetensors file. Tensors, with P = points of all classes, L = classes:
/// <c>centroids</c> F32 [P, D], <c>class</c> I64 [P], <c>counts</c> I64 [P], <c>weights</c> F64 [P] (sum 1 within a class),
/// <c>local_distortion</c> F64 [P], <c>nearest_sample</c> I64 [P], <c>class_samples</c> I64 [L], <c>class_distortion</c> F64 [L],
/// <c>class_iterations</c> I64 [L]; of balanced centroids also <c>class_voronoi_distortion</c> F64 [L]. Metadata (texts): format, version, latent_shape, encoder, encoder_sha256, dataset,
/// dataset_fingerprint, algorithm, class_names (a JSON list).
/// </summary>
public sealed record Codebook
{
    /// <summary>Shape of each centroid.</summary>
    public required LatentShape Shape { get; init; }

    /// <summary>Name of the encoder whose latents these are; empty for a plain matrix.</summary>
    public string Encoder { get; init; } = "";

    /// <summary>SHA-256 of the encoder's weights; empty if there are none.</summary>
    public string EncoderSha256 { get; init; } = "";

    /// <summary>Name of the source data set; empty if unknown.</summary>
    public string Dataset { get; init; } = "";

    /// <summary>Fingerprint of the source data set; empty if unknown.</summary>
    public string DatasetFingerprint { get; init; } = "";

    /// <summary>Name of the algorithm that placed the centroids.</summary>
    public string Algorithm { get; init; } = "";

    /// <summary>One codebook per class, in label order.</summary>
    public required IReadOnlyList<ClassCodebook> Classes { get; init; }

    /// <summary>Points of all classes.</summary>
    public int Count => Classes.Sum(c => c.Count);

    /// <summary>Samples of all classes, N.</summary>
    public long SampleCount => Classes.Sum(c => (long)c.SampleCount);

    /// <summary>Mass of all classes; <see cref="SampleCount"/> where samples had no weights.</summary>
    public double Mass => Classes.Sum(c => c.Mass);

    /// <summary>Mean squared distance over all samples: the classes' distortions weighted by their masses.</summary>
    public double Distortion => Mass == 0 ? 0 : Classes.Sum(c => c.Mass * c.Distortion) / Mass;

    /// <summary>The same mean of the classes' <see cref="ClassCodebook.VoronoiDistortion"/>; null where no class has one.</summary>
    public double? VoronoiDistortion => Mass > 0 && Classes.Any(c => c.VoronoiDistortion is not null) ? Classes.Sum(c => c.Mass * (c.VoronoiDistortion ?? c.Distortion)) / Mass : null;

    /// <summary>Root of <see cref="Distortion"/>: W2 between samples and weighted centroids, classes kept apart.</summary>
    public double W2 => Math.Sqrt(Distortion);

    /// <summary>Lloyd steps or passes of the slowest class.</summary>
    public int Iterations => Classes.Count == 0 ? 0 : Classes.Max(c => c.Iterations);

    /// <summary>Notes which latents these points stand for.</summary>
    public Codebook From(LatentStoreDescription latents) => this with
    {
        Encoder = latents.Encoder,
        EncoderSha256 = latents.EncoderSha256,
        Dataset = latents.Dataset,
        DatasetFingerprint = latents.DatasetFingerprint,
    };

    /// <summary>Writes the file whole or not at all.</summary>
    /// <exception cref="UsageException">The file exists and <paramref name="replace"/> is false.</exception>
    /// <exception cref="WorkFailedException">The disk refuses.</exception>
    public void Save(string path, bool replace = false) => CodebookFile.Save(this, path, replace);

    /// <summary>Reads a codebook and checks it: shapes, finite values, counts that sum to the class size, weights that sum to 1.</summary>
    /// <exception cref="BadInputException">Not a codebook, another version, or a value that does not fit.</exception>
    public static Codebook Load(string path) => CodebookFile.Load(path);
}
