using System.Globalization;
using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Augmentations;

/// <summary>How two images become one.</summary>
public enum MixKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>A rectangle of the second in the first (Yun et al. 2019).</summary>
    CutMix,

    /// <summary>A weighted mean of both (Zhang et al. 2018).</summary>
    MixUp,
}

/// <summary>
/// Random order of patches, crop, shift, flip and mixture. What happens to an image follows from (seed, epoch, index) alone, so a soft label
/// made for one epoch's view can be used in training without storing the view, whatever the batch size or order.
/// </summary>
public sealed record Augmentation
{
    /// <summary>No change to any image.</summary>
    public static Augmentation None { get; } = new() { Shift = 0, Flip = false };

    /// <summary>Largest shift in pixels along each axis, both directions; uncovered pixels are 0. Default 2.</summary>
    public int Shift { get; init => field = value is >= 0 and <= 64 ? value : throw new ArgumentOutOfRangeException(nameof(Shift), value, "0 to 64 pixels"); } = 2;

    /// <summary>Whether half of the views are mirrored left to right. Default true.</summary>
    public bool Flip { get; init; } = true;

    /// <summary>Least share of the area that a random crop keeps before it is brought back to the image's size; 1 crops nothing. Default 1.</summary>
    public double LeastArea { get; init => field = value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(LeastArea), value, "above 0, at most 1"); } = 1;

    /// <summary>Patches per side whose places are shuffled before all else, as RDED does with images that it puts together; 1 leaves them. Default 1.</summary>
    public int Patches { get; init => field = value is >= 1 and <= 16 ? value : throw new ArgumentOutOfRangeException(nameof(Patches), value, "1 to 16"); } = 1;

    /// <summary>Mixture with another image of the set. Default none.</summary>
    public MixKind Mix { get; init; } = MixKind.None;

    /// <summary>Share of the views that are mixed.</summary>
    public double MixProbability { get; init => field = value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(MixProbability), value, "0 to 1"); } = 1;

    /// <summary>Both parameters of the Beta distribution of the first image's share, in (0, 1]; 1 is uniform.</summary>
    public double MixAlpha { get; init => field = value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(MixAlpha), value, "above 0, at most 1"); } = 1;

    /// <summary>Whether all views of an image are the image.</summary>
    public bool IsNone => this is { Shift: 0, Flip: false, LeastArea: 1, Patches: 1, Mix: MixKind.None };

    /// <summary>The view of image <paramref name="index"/> in epoch <paramref name="epoch"/>, before it is mixed.</summary>
    /// <param name="seed">Root of the views.</param>
    /// <param name="epoch">Epoch, or number of the view.</param>
    /// <param name="index">Row of the image.</param>
    /// <param name="shape">Its shape; needed where views are cropped.</param>
    public AugmentationRecord Record(ulong seed, long epoch, long index, ImageShape shape = default)
    {
        var stream = new SeedSequence(seed).Stream("augmentation", epoch, index);
        var rows = stream.Next(2 * Shift + 1) - Shift;
        var columns = stream.Next(2 * Shift + 1) - Shift;
        var flip = Flip && stream.Next(2) == 1;
        CropBox? crop = LeastArea < 1 ? RandomCrop.Box(shape, LeastArea, ref stream) : null;
        return new AugmentationRecord(rows, columns, flip, crop, Patches > 1 ? stream.Permutation(Patches * Patches) : null);
    }

    /// <summary>What image <paramref name="index"/> is mixed with in epoch <paramref name="epoch"/>; null for nothing.</summary>
    /// <param name="seed">Root of the views.</param>
    /// <param name="epoch">Epoch, or number of the view.</param>
    /// <param name="index">Row of the image.</param>
    /// <param name="count">Images of the set; the partner is any of them.</param>
    /// <param name="shape">Shape of the images.</param>
    public Mixture? MixtureOf(ulong seed, long epoch, long index, int count, ImageShape shape)
    {
        if (Mix == MixKind.None) return null;
        var stream = new SeedSequence(seed).Stream("mixture", epoch, index);
        if (stream.NextDouble() >= MixProbability) return null;
        var (partner, share) = (stream.Next(count), Mixture.Beta(MixAlpha, ref stream));
        return Mix == MixKind.MixUp
            ? new Mixture(partner, share, null)
            : Mixture.Cut(partner, share, shape, stream.Next(shape.Height), stream.Next(shape.Width));
    }

    /// <summary>A one-line form for manifests, read back by <see cref="Parse"/>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"shift={Shift},flip={(Flip ? 1 : 0)}{(LeastArea < 1 ? $",area={LeastArea:R}" : "")}{(Patches > 1 ? $",patches={Patches}" : "")}{MixText()}");

    /// <summary>Reads <see cref="ToString"/>'s form.</summary>
    /// <exception cref="BadInputException">The text has another form.</exception>
    public static Augmentation Parse(string text)
    {
        try
        {
            var parts = text.Split(',').Select(p => p.Split('=')).ToDictionary(p => p[0], p => p[1]);
            double Number(string key, double? absent = null) => parts.Remove(key, out var value) ? double.Parse(value, CultureInfo.InvariantCulture) : absent ?? throw new FormatException();
            var parsed = new Augmentation { Shift = (int)Number("shift"), Flip = Number("flip") == 1, LeastArea = Number("area", 1), Patches = (int)Number("patches", 1) };
            if (parts.Remove("mix", out var kind))
                parsed = parsed with { Mix = kind switch { "cutmix" => MixKind.CutMix, "mixup" => MixKind.MixUp, _ => throw new FormatException() }, MixProbability = Number("p", 1), MixAlpha = Number("alpha", 1) };
            if (parts.Count == 0) return parsed;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or IndexOutOfRangeException)
        {
            // Said below, with the whole text.
        }
        throw new BadInputException($"augmentation '{text}' is unknown: expected 'shift=PIXELS,flip=0|1', then ',area=SHARE', ',patches=N' and ',mix=cutmix|mixup,p=SHARE,alpha=X' where there is any. The set was labelled by another version; label it again.");
    }

    private string MixText() => Mix == MixKind.None ? "" : string.Create(CultureInfo.InvariantCulture, $",mix={(Mix == MixKind.CutMix ? "cutmix" : "mixup")},p={MixProbability:R},alpha={MixAlpha:R}");
}

/// <summary>One view of one image, before it is mixed.</summary>
/// <param name="Rows">Shift downwards in pixels.</param>
/// <param name="Columns">Shift to the right in pixels.</param>
/// <param name="Flip">Mirrored left to right, before the shift.</param>
/// <param name="Crop">Part of the image that is brought to its size before the flip; null for all of it.</param>
/// <param name="PatchOrder">Which patch stands at each place, row by row, before the crop; null for their own order.</param>
public readonly record struct AugmentationRecord(int Rows, int Columns, bool Flip, CropBox? Crop = null, IReadOnlyList<int>? PatchOrder = null)
{
    /// <summary>The image as it is.</summary>
    public static AugmentationRecord Identity => default;

    /// <summary>Writes the view of one image through per-channel byte tables (see <see cref="PixelNormalization.Table"/>).</summary>
    /// <param name="image">Bytes, C x H x W.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="tables">One table of 256 values per channel.</param>
    /// <param name="view">Receives C x H x W floats.</param>
    public void Apply(ReadOnlySpan<byte> image, ImageShape shape, float[][] tables, Span<float> view)
    {
        if (PatchOrder is { } order) image = PatchShuffle.Apply(image, shape, order);
        if (Crop is { } box) image = RandomCrop.Enlarged(image, shape, box);
        var plane = shape.Height * shape.Width;
        for (var c = 0; c < shape.Channels; c++)
            for (var y = 0; y < shape.Height; y++)
                ApplyRow(image.Slice(c * plane, plane), shape, y, tables[c], view.Slice(c * plane + y * shape.Width, shape.Width));
    }

    private void ApplyRow(ReadOnlySpan<byte> plane, ImageShape shape, int y, float[] table, Span<float> row)
    {
        var source = y - Rows;
        if (source < 0 || source >= shape.Height)
        {
            row.Fill(table[0]);
            return;
        }
        var pixels = plane.Slice(source * shape.Width, shape.Width);
        for (var x = 0; x < row.Length; x++)
        {
            var from = x - Columns;
            var inside = from >= 0 && from < row.Length;
            row[x] = table[inside ? pixels[Flip ? row.Length - 1 - from : from] : 0];
        }
    }
}
