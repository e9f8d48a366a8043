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
    public Tensor Views(ReadOnlySpan<int> rows, Augmentation augmentation, ulong seed, long epoch)
    {
        var shape = _dataset.Shape;
        Array.Resize(ref _views, rows.Length * shape.Size);
        for (var b = 0; b < rows.Length; b++)
        {
            _dataset.Read(rows[b], _image);
            augmentation.Record(seed, epoch, rows[b]).Apply(_image, shape, _tables, _views.AsSpan(b * shape.Size, shape.Size));
        }
        return tensor(_views, [rows.Length, shape.Channels, shape.Height, shape.Width]);
    }

    /// <summary>Labels of <paramref name="rows"/>, int64.</summary>
    public Tensor Labels(ReadOnlySpan<int> rows)
    {
        var labels = new long[rows.Length];
        for (var b = 0; b < rows.Length; b++) labels[b] = _dataset.Labels.Span[rows[b]];
        return tensor(labels);
    }
}
