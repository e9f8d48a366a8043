using Ddoq.Latents;
using static TorchSharp.torch;

namespace Ddoq.Neural.Training;

/// <summary>All latents of a store in memory, rows ordered by class, with their labels.</summary>
internal sealed class LatentBatches
{
    private readonly float[] _values;
    private readonly long[] _labels;
    private readonly LatentShape _shape;

    public LatentBatches(LatentStore store)
    {
        _shape = store.Shape;
        var (samples, at) = (checked((int)store.Count), 0);
        _values = new float[(long)samples * _shape.Dimension];
        _labels = new long[samples];
        for (var c = 0; c < store.ClassCount; c++)
        {
            var rows = store.ReadClass(c);
            rows.Values.Span.CopyTo(_values.AsSpan(at * _shape.Dimension));
            _labels.AsSpan(at, rows.Count).Fill(c);
            at += rows.Count;
        }
    }

    public int Count => _labels.Length;

    /// <summary>Latents B x C x H x W and labels B.</summary>
    public (Tensor Latents, long[] Labels) Of(int[] rows)
    {
        var d = _shape.Dimension;
        var values = new float[rows.Length * d];
        for (var b = 0; b < rows.Length; b++) _values.AsSpan(rows[b] * d, d).CopyTo(values.AsSpan(b * d));
        return (tensor(values, [rows.Length, _shape.Channels, _shape.Height, _shape.Width]), Array.ConvertAll(rows, r => _labels[r]));
    }
}
