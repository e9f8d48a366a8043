using System.Runtime.InteropServices;
using Ddoq.Datasets;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Encoding;

/// <summary>What model.json says of a fitted linear codec.</summary>
/// <param name="Channels">Image channels.</param>
/// <param name="Height">Image rows.</param>
/// <param name="Width">Image columns.</param>
/// <param name="Dimension">Numbers of a latent, D.</param>
/// <param name="LatentScale">Factor after projection of byte pixels that gives latents a mean variance of one.</param>
/// <param name="TrainedOn">Name of the data set.</param>
/// <param name="Fingerprint">Its fingerprint.</param>
/// <param name="Images">Images that the axes were computed from.</param>
/// <param name="ExplainedVariance">Share of the pixels' variance that the axes keep, in (0, 1].</param>
public sealed record PcaSettings(int Channels, int Height, int Width, int Dimension, double LatentScale, string TrainedOn, string Fingerprint, int Images, double ExplainedVariance);

/// <summary>
/// The linear encoder-decoder: coordinates along the principal axes of the images' pixels. Fitted on the spot to images of any shape,
/// without training; the same images give the same codec. All latents are scaled by one factor, so distances keep their order.
/// </summary>
public sealed class PcaCodec : ILatentCodec, IDisposable
{
    private const string Kind = "pca", WeightsFile = "pca.safetensors", MeanKey = "mean", AxesKey = "axes";

    /// <summary>Largest dimension where none is asked for.</summary>
    public const int DefaultDimension = 128;

    private readonly float[] _meanValues, _axisValues;
    private readonly Tensor _axes;

    private PcaCodec(PcaSettings settings, float[] mean, float[] axes)
    {
        (Settings, _meanValues, _axisValues) = (settings, mean, axes);
        _axes = tensor(axes, [settings.Dimension, mean.Length]).DetachFromDisposeScope();
        Hash = HashOf(settings, mean, axes);
    }

    /// <summary>What the codec was fitted on and what it keeps.</summary>
    public PcaSettings Settings { get; }

    /// <inheritdoc />
    public string Name => Kind;

    /// <summary>SHA-256 over shape, scale, mean and axes.</summary>
    public string Hash { get; }

    /// <inheritdoc />
    public ImageShape Image => new(Settings.Channels, Settings.Height, Settings.Width);

    /// <inheritdoc />
    public LatentShape Latent => LatentShape.Vector(Settings.Dimension);

    /// <summary>Mean image in bytes, P.</summary>
    public ReadOnlyMemory<float> Mean => _meanValues;

    /// <summary>Principal axes, D x P: orthonormal rows by falling variance, the largest component of each positive.</summary>
    public ReadOnlyMemory<float> Axes => _axisValues;

    /// <summary>
    /// Fits the codec: all images up to 4,096 pixels x channels (time N P^2 + P^3, memory two P x P float64),
    /// else at most 2,000 images evenly spread over the data set (memory their bytes and 2,000 x 2,000). Nothing is drawn at random.
    /// </summary>
    /// <param name="dataset">Images of any shape.</param>
    /// <param name="dimension">D, at most P and N - 1. Null: 128, or as many as there are directions with variance.</param>
    /// <param name="progress">Receives each block of images.</param>
    /// <param name="cancel">Checked once per block.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="dimension"/> is not in [1, min(P, N - 1)].</exception>
    /// <exception cref="BadInputException">The images vary in fewer than <paramref name="dimension"/> directions, or not at all.</exception>
    public static PcaCodec Fit(IImageDataset dataset, int? dimension = null, IProgress<StageProgress>? progress = null, CancellationToken cancel = default)
    {
        var most = Math.Min(dataset.Shape.Size, dataset.Count - 1);
        if (dimension is < 1 || dimension > most)
            throw new ArgumentOutOfRangeException(nameof(dimension), dimension, $"1 to {most} for {dataset.Count} images of {dataset.Shape}");
        var found = PrincipalAxes.Of(dataset, dimension ?? Math.Min(DefaultDimension, most), progress, cancel);
        RequireVariance(dataset, dimension, found.Variances.Length);
        return Of(dataset, found);
    }

    /// <summary>Opens a folder made by <see cref="Save"/>.</summary>
    /// <exception cref="BadInputException">It holds no such codec, or a damaged one.</exception>
    public static PcaCodec Load(string folder)
    {
        var settings = ModelFolder.Open(folder, Kind).Settings<PcaSettings>();
        var path = Path.Combine(folder, WeightsFile);
        using var file = SafetensorsFile.Open(path);
        var pixels = (long)settings.Channels * settings.Height * settings.Width;
        RequireShape(file, MeanKey, [pixels]);
        RequireShape(file, AxesKey, [settings.Dimension, pixels]);
        return new PcaCodec(settings, ReadFinite(file, MeanKey), ReadFinite(file, AxesKey));
    }

    /// <summary>Writes model.json and pca.safetensors into an existing (staged) folder.</summary>
    public void Save(string folder)
    {
        ModelFolder.WriteConfig(folder, Kind, Settings);
        new SafetensorsWriter().Add(MeanKey, _meanValues, _meanValues.Length).Add(AxesKey, _axisValues, _axes.shape)
            .Write(Path.Combine(folder, WeightsFile), replace: true);
    }

    /// <inheritdoc />
    public void Encode(ReadOnlySpan<byte> images, Span<float> latents)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var (x, size, scale) = (new float[images.Length], Image.Size, (float)Settings.LatentScale);
        for (var i = 0; i < x.Length; i++) x[i] = images[i] - _meanValues[i % size];
        var z = tensor(x, [images.Length / size, size]).mm(_axes.t()).ToFloats();
        for (var i = 0; i < z.Length; i++) latents[i] = z[i] * scale;
    }

    /// <inheritdoc />
    public void Decode(ReadOnlySpan<float> latents, Span<byte> images)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var (z, size, scale) = (latents.ToArray(), Image.Size, (float)Settings.LatentScale);
        for (var i = 0; i < z.Length; i++) z[i] /= scale;
        var x = tensor(z, [latents.Length / Latent.Dimension, Latent.Dimension]).mm(_axes).ToFloats();
        for (var i = 0; i < x.Length; i++) x[i] += _meanValues[i % size];
        Pixels.FromBytes(x, images);
    }

    /// <summary>Releases the axes.</summary>
    public void Dispose() => _axes.Dispose();

    private static PcaCodec Of(IImageDataset dataset, PrincipalAxes found)
    {
        var (shape, kept) = (dataset.Shape, found.Variances.Sum());
        var scale = 1 / Math.Sqrt(kept / found.Variances.Length);
        var settings = new PcaSettings(shape.Channels, shape.Height, shape.Width, found.Variances.Length, scale, dataset.Name, dataset.Fingerprint, found.Images, Math.Min(1, kept / found.TotalVariance));
        return new PcaCodec(settings, found.Mean, found.Axes);
    }

    private static void RequireVariance(IImageDataset dataset, int? dimension, int found)
    {
        if (found == 0) throw new BadInputException($"the images of '{dataset.Name}' are all the same: there is nothing to encode. Check the data set.");
        if (found < dimension) throw new BadInputException($"the images of '{dataset.Name}' vary in {found} directions, but {dimension} latent numbers were asked for. Ask for at most {found}.");
    }

    private static void RequireShape(SafetensorsFile file, string key, long[] expected)
    {
        var found = file.Find(key).Shape.ToArray();
        if (!found.AsSpan().SequenceEqual(expected))
            throw new BadInputException($"'{file.Path}', tensor '{key}': expected shape [{string.Join(", ", expected)}] by model.json, found [{string.Join(", ", found)}]. Fit the codec again.");
    }

    private static float[] ReadFinite(SafetensorsFile file, string key)
    {
        var values = file.ReadFloats(key);
        if (Array.FindIndex(values, v => !float.IsFinite(v)) is var at and >= 0)
            throw new BadInputException($"'{file.Path}', tensor '{key}', element {at}: {values[at]} is not finite. Fit the codec again.");
        return values;
    }

    private static string HashOf(PcaSettings s, float[] mean, float[] axes)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<int>([s.Channels, s.Height, s.Width, s.Dimension]));
        hash.AppendData(MemoryMarshal.AsBytes<double>([s.LatentScale]));
        hash.AppendData(MemoryMarshal.AsBytes<float>(mean));
        hash.AppendData(MemoryMarshal.AsBytes<float>(axes));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
