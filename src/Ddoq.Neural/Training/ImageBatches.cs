using Ddoq.Augmentations;
using Ddoq.Datasets;
using static TorchSharp.torch;

namespace Ddoq.Neural.Training;

/// <summary>Turns rows of a data set into normalised, augmented batches B x C x H x W. Reuses one host buffer; not for several threads.</summary>
public sealed class ImageBatches
{
    private readonly IImageDataset _dataset;
    private readonly float[][] _tables;
    private readonly byte[] _image;
    private float[] _views = [];

    /// <summary>Prepares batches of <paramref name="dataset"/> under <paramref name="normalization"/>.</summary>
    public ImageBatches(IImageDataset dataset, PixelNormalization normalization)
    {
        _dataset = dataset;
        _tables = [.. Enumerable.Range(0, dataset.Shape.Channels).Select(normalization.Table)];
        _image = new byte[dataset.Shape.Size];
    }

    /// <summary>The data set behind the batches.</summary>
    public IImageDataset Dataset => _dataset;

    /// <summary>Images as they are.</summary>
    public Tensor Plain(ReadOnlySpan<int> rows) => Views(rows, Augmentation.None, 0, 0);

    /// <summary>The views of <paramref name="rows"/> in one epoch.</summary>
    /// <param name="rows">Rows of the data set.</param>
    /// <param name="augmentation">How views are made.</param>
    /// <param name="seed">Root of the views.</param>
    /// <param name="epoch">Epoch, or number of the view.</param>
    /// <param name="change">What else happens to the images of some rows before two are mixed, or null.</param>
    /// <returns>B x C x H x W, normalised.</returns>
    public Tensor Views(ReadOnlySpan<int> rows, Augmentation augmentation, ulong seed, long epoch, Func<Tensor, int[], Tensor>? change = null)
    {
        using var scope = NewDisposeScope();
        var first = Unmixed(rows, augmentation, seed, epoch);
        if (change is not null) first = change(first, rows.ToArray());
        Mixture[] mixtures = [.. Mixtures(rows, augmentation, seed, epoch)];
        if (Array.TrueForAll(mixtures, m => m.Share == 1)) return first.MoveToOuterDisposeScope();
        var partners = Array.ConvertAll(mixtures, m => m.Partner);
        var second = Unmixed(partners, augmentation, seed, epoch); // their own views of the epoch, as if both stood in one batch
        if (change is not null) second = change(second, partners);
        return second.lerp(first, Shares(mixtures)).MoveToOuterDisposeScope();
    }

    /// <summary>What <see cref="Views"/> mixes each row with in one epoch; a row that stays alone has itself for a partner and a share of 1.</summary>
    public IEnumerable<Mixture> Mixtures(ReadOnlySpan<int> rows, Augmentation augmentation, ulong seed, long epoch)
    {
        var (count, shape) = (_dataset.Count, _dataset.Shape);
        return Array.ConvertAll(rows.ToArray(), row => augmentation.MixtureOf(seed, epoch, row, count, shape) ?? new Mixture(row, 1, null));
    }

    private Tensor Unmixed(ReadOnlySpan<int> rows, Augmentation augmentation, ulong seed, long epoch)
    {
        var shape = _dataset.Shape;
        Array.Resize(ref _views, rows.Length * shape.Size);
        for (var b = 0; b < rows.Length; b++)
        {
            _dataset.Read(rows[b], _image);
            augmentation.Record(seed, epoch, rows[b], shape).Apply(_image, shape, _tables, _views.AsSpan(b * shape.Size, shape.Size));
        }
        return tensor(_views, [rows.Length, shape.Channels, shape.Height, shape.Width]);
    }

    // B x 1 x H x W: share of the first image at each pixel.
    private Tensor Shares(Mixture[] mixtures)
    {
        var (height, width) = (_dataset.Shape.Height, _dataset.Shape.Width);
        var shares = new float[mixtures.Length * height * width];
        for (var b = 0; b < mixtures.Length; b++) mixtures[b].FillShares(shares.AsSpan(b * height * width, height * width), width);
        return tensor(shares, [mixtures.Length, 1, height, width]);
    }

    /// <summary>Labels of <paramref name="rows"/>, int64.</summary>
    public Tensor Labels(ReadOnlySpan<int> rows)
    {
        var labels = new long[rows.Length];
        for (var b = 0; b < rows.Length; b++) labels[b] = _dataset.Labels.Span[rows[b]];
        return tensor(labels);
    }
}
