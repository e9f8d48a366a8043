using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Distilled;

/// <summary>Size and hash of one file of a distilled set.</summary>
/// <param name="Bytes">Length in bytes.</param>
/// <param name="Sha256">Hash of its content, lower-case hexadecimal.</param>
public sealed record FileRecord(long Bytes, string Sha256);

/// <summary>One class of a distilled set as its manifest lists it, in label order.</summary>
/// <param name="Name">Class name as in the source.</param>
/// <param name="Folder">Its folder below <c>train/</c>.</param>
/// <param name="Images">Number of its images.</param>
public sealed record ClassRecord(string Name, string Folder, int Images);

/// <summary>The content of <c>manifest.json</c>: what the set is, where it comes from, and the hash of every file.</summary>
public sealed record SetManifest
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
    };

    /// <summary>Always "ddoq-distilled-set".</summary>
    public string Format { get; init; } = SetLayout.Format;

    /// <summary>Version of the format, now 1.</summary>
    public int Version { get; init; } = SetLayout.Version;

    /// <summary>Number of images, N.</summary>
    public required int Images { get; init; }

    /// <summary>Shape of every image.</summary>
    public required ShapeRecord Shape { get; init; }

    /// <summary>Classes in label order.</summary>
    public required IReadOnlyList<ClassRecord> Classes { get; init; }

    /// <summary>Where the set comes from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>Every file but the manifest and its hash, by path with forward slashes.</summary>
    public required IReadOnlyDictionary<string, FileRecord> Files { get; init; }

    /// <summary>The manifest as UTF-8 JSON; equal manifests give equal bytes.</summary>
    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Json), (byte)'\n'];

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="BadInputException">Not JSON, another format, a newer version, an unknown or missing key, or a value out of range.</exception>
    public static SetManifest Parse(ReadOnlySpan<byte> bytes, string path)
    {
        try
        {
            CheckVersion(bytes, path);
            var manifest = JsonSerializer.Deserialize<SetManifest>(bytes, Json)!;
            manifest.CheckRanges(path);
            return manifest;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new BadInputException($"'{path}' is not a manifest that this version reads: {e.Message} Export the set again.", e);
        }
    }

    // Before the strict reading, so that a newer set is named as such and not as one with unknown keys.
    private static void CheckVersion(ReadOnlySpan<byte> bytes, string path)
    {
        var reader = new Utf8JsonReader(bytes);
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        var format = root.TryGetProperty("format", out var f) ? f.GetString() : null;
        if (format != SetLayout.Format)
            throw new BadInputException($"'{path}' says format '{format}', expected '{SetLayout.Format}'. Give the folder of a distilled set.");
        var version = root.TryGetProperty("version", out var v) ? v.GetInt32() : 0;
        if (version != SetLayout.Version)
            throw new BadInputException($"'{path}' has format version {version}, this tool reads version {SetLayout.Version}. Use the tool that wrote it, or export the set again.");
    }

    private void CheckRanges(string path)
    {
        var shape = Shape.ToShape();
        if (shape.Channels is not (1 or 3) || shape.Height is < 1 or > 16384 || shape.Width is < 1 or > 16384)
            throw new BadInputException($"'{path}' gives images of {shape}, expected 1 or 3 channels and sides of 1 to 16384.");
        if (Classes.Any(c => c is null) || Files.Any(f => f.Value is null) || Provenance.Models.Any(m => m is null) || Provenance.Options.Any(o => o.Value is null))
            throw new BadInputException($"'{path}' holds a null entry in a list. Export the set again.");
    }
}

/// <summary>An <see cref="ImageShape"/> as the manifest writes it.</summary>
/// <param name="Channels">1 (grey) or 3 (RGB).</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public sealed record ShapeRecord(int Channels, int Height, int Width)
{
    /// <summary>The shape itself.</summary>
    public ImageShape ToShape() => new(Channels, Height, Width);
}
