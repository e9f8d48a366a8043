using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Augmentations;

/// <summary>
/// Random shift and horizontal flip. What happens to an image follows from (seed, epoch, index) alone, so a soft label
/// made for one epoch's view can be used in training without storing the view, whatever the batch size or order.
/// </summary>
public sealed record Augmentation
{
    private readonly int _shift = 2;

    /// <summary>No change to any image.</summary>
    public static Augmentation None { get; } = new() { Shift = 0, Flip = false };

    /// <summary>Largest shift in pixels along each axis, both directions; uncovered pixels are 0. Default 2.</summary>
    public int Shift
    {
        get => _shift;
        init => _shift = value is >= 0 and <= 64 ? value : throw new ArgumentOutOfRangeException(nameof(Shift), value, "0 to 64 pixels");
    }

    /// <summary>Whether half of the views are mirrored left to right. Default true.</summary>
    public bool Flip { get; init; } = true;

    /// <summary>The view of image <paramref name="index"/> in epoch <paramref name="epoch"/>.</summary>
    public AugmentationRecord Record(ulong seed, long epoch, long index)
    {
        var stream = new SeedSequence(seed).Stream("augmentation", epoch, index);
        var rows = stream.Next(2 * Shift + 1) - Shift;
        var columns = stream.Next(2 * Shift + 1) - Shift;
        return new AugmentationRecord(rows, columns, Flip && stream.Next(2) == 1);
    }

    /// <summary>A one-line form for manifests, read back by <see cref="Parse"/>.</summary>
    public override string ToString() => $"shift={Shift},flip={(Flip ? 1 : 0)}";

    /// <summary>Reads <see cref="ToString"/>'s form.</summary>
    /// <exception cref="BadInputException">The text has another form.</exception>
    public static Augmentation Parse(string text)
    {
        var parts = text.Split(',').Select(p => p.Split('=')).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1]);
        if (parts.Count == 2 && parts.TryGetValue("shift", out var shift) && parts.TryGetValue("flip", out var flip) && int.TryParse(shift, out var pixels) && pixels is >= 0 and <= 64)
            return new Augmentation { Shift = pixels, Flip = flip == "1" };
        throw new BadInputException($"augmentation '{text}' is unknown: expected 'shift=PIXELS,flip=0|1'. The set was labelled by another version; label it again.");
    }
}

/// <summary>One view of one image.</summary>
/// <param name="Rows">Shift downwards in pixels.</param>
/// <param name="Columns">Shift to the right in pixels.</param>
/// <param name="Flip">Mirrored left to right, before the shift.</param>
public readonly record struct AugmentationRecord(int Rows, int Columns, bool Flip)
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
