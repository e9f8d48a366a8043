namespace Ddoq.Quantization;

/// <summary>The scale of a class's samples, which makes tolerances relative ones.</summary>
internal static class SampleSpread
{
    /// <summary>Mean over the coordinates of their weighted variance. Welford's update (1962): no cancellation, whatever the mean.</summary>
    public static double MeanVariance(Samples samples)
    {
        var d = samples.Dimension;
        double mass = 0, total = 0;
        double[] mean = new double[d], square = new double[d], x = new double[d];
        for (var i = 0; i < samples.Count; i++)
        {
            var w = samples.WeightOf(i);
            if (w == 0) continue;
            samples.Read(i, 0, x);
            var (share, spread) = (w / (mass + w), w * mass / (mass + w));
            mass += w;
            for (var j = 0; j < d; j++)
            {
                var delta = x[j] - mean[j];
                mean[j] += share * delta;
                square[j] += spread * delta * delta;
            }
        }
        for (var j = 0; j < d; j++) total += square[j];
        return total / mass / d;
    }
}
