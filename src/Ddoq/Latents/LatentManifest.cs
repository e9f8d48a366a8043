using System.Text.Json;
using System.Text.Json.Serialization;
using Ddoq.Foundations;

namespace Ddoq.Latents;

/// <summary>The contents of latents.json. Its presence marks a store as complete: it is written last.</summary>
internal sealed record LatentManifest
{
    public const string FileName = "latents.json";
    public const string FormatName = "ddoq-latents";
    public const int CurrentVersion = 1;

    public required string Format { get; init; }
    public required int Version { get; init; }
    public required int[] LatentShape { get; init; }
    public required string Precision { get; init; }
    public required string Encoder { get; init; }
    public required string EncoderSha256 { get; init; }
    public required string Dataset { get; init; }
    public required string DatasetFingerprint { get; init; }
    public required LatentManifestClass[] Classes { get; init; }

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public void Save(string folder) => File.WriteAllText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, Json) + "\n");

    public static LatentManifest Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) throw new BadInputException($"'{folder}' is no latent store: it holds no {FileName}. Make one with 'ddoq encode'.");
        try
        {
            var manifest = JsonSerializer.Deserialize<LatentManifest>(File.ReadAllBytes(path), Json) ?? throw new JsonException("it is null");
            manifest.Check(path);
            return manifest;
        }
        catch (JsonException e)
        {
            throw new BadInputException($"'{path}' is not a readable description of a latent store: {e.Message}", e);
        }
    }

    public LatentStoreDescription Describe() => new()
    {
        Shape = new LatentShape(LatentShape[0], LatentShape[1], LatentShape[2]),
        Precision = Enum.Parse<LatentPrecision>(Precision, ignoreCase: true),
        Encoder = Encoder,
        EncoderSha256 = EncoderSha256,
        Dataset = Dataset,
        DatasetFingerprint = DatasetFingerprint,
        ClassNames = [.. Classes.Select(c => c.Name)],
    };

    private void Check(string path)
    {
        if (Format != FormatName) throw new BadInputException($"'{path}': expected format '{FormatName}', found '{Format}'.");
        if (Version != CurrentVersion) throw new BadInputException($"'{path}': format version {Version} is not read; this program reads {CurrentVersion}. Encode again, or use the matching version.");
        if (LatentShape.Length != 3 || LatentShape.Any(e => e <= 0) || LatentShape.Aggregate(1L, (p, e) => p * e) > int.MaxValue)
            throw new BadInputException($"'{path}': latent_shape must be three positive numbers, found [{string.Join(", ", LatentShape)}].");
        if (Classes.Any(c => c is null)) throw new BadInputException($"'{path}': an entry of classes is null.");
        if (Precision is not ("float16" or "float32")) throw new BadInputException($"'{path}': precision must be float16 or float32, found '{Precision}'.");
    }
}

/// <summary>One class in latents.json.</summary>
internal sealed record LatentManifestClass
{
    public required string Name { get; init; }
    public required long Count { get; init; }
    public required string LatentsSha256 { get; init; }
    public required string IndexSha256 { get; init; }
}
