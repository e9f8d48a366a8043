using System.Numerics.Tensors;

namespace Ddoq.Quantization;

/// <summary>The scale of a class's samples, which makes tolerances relative ones.</summary>
internal static class SampleSpread
{
    /// <summary>Weighted mean squared distance of the samples to their mean.</summary>
    /// <param name="samples">Samples.</param>
    /// <param name="sums">Sums that hold every sample once: those of all cells together are the samples' sum.</param>
    public static double Of(CentredSamples samples, GridSums sums)
    {
        var (total, squares, sum) = (samples.Source.TotalWeight, 0.0, new double[samples.Dimension]);
        for (var i = 0; i < samples.Count; i++) squares += samples.Source.WeightOf(i) * samples.SquaredNorms[i];
        for (var k = 0; k < sums.Masses.Length; k++) TensorPrimitives.Add(sum, sums.Sums.AsSpan(k * sum.Length, sum.Length), sum);
        var offset = 0.0;
        for (var j = 0; j < sum.Length; j++) offset += (sum[j] / total - samples.Shift[j]) * (sum[j] / total - samples.Shift[j]);
        return Math.Max(0, squares / total - offset);
    }

    /// <summary>The same, with one more pass over the samples.</summary>
    public static double Of(CentredSamples samples)
    {
        var sums = new GridSums(samples, 1);
        sums.Update(new int[samples.Count]);
        return Of(samples, sums);
    }
}
