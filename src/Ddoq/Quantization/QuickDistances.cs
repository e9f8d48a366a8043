namespace Ddoq.Quantization;

/// <summary>Bounds of the distances between samples and centroids, from both rounded to fewer bits.</summary>
internal abstract class QuickDistances
{
    /// <param name="count">K.</param>
    protected QuickDistances(int count) => Count = count;

    /// <summary>K.</summary>
    protected int Count { get; }

    /// <summary>Those that suit the samples.</summary>
    /// <param name="samples">Samples.</param>
    /// <param name="centroids">K x D; held.</param>
    public static QuickDistances Of(CentredSamples samples, double[] centroids)
    {
        QuickDistances distances = samples.InFixedPoint is { } rows
            ? new FixedPointDistances(rows, new MovedPoints(centroids, samples.Shift), centroids.Length / samples.Dimension)
            : new FloatDistances(samples, centroids);
        distances.Take(_ => true);
        return distances;
    }

    /// <summary>Takes the positions of the centroids that moved.</summary>
    public void Take(Func<int, bool> moved)
    {
        for (var k = 0; k < Count; k++)
            if (moved(k)) Take(k);
    }

    /// <summary>Bounds of a distance.</summary>
    /// <param name="sample">Sample.</param>
    /// <param name="centroid">Centroid.</param>
    /// <param name="buffer">D numbers.</param>
    public abstract (float Lower, float Upper) Bounds(int sample, int centroid, float[] buffer);

    /// <summary>Takes the position of a centroid.</summary>
    protected abstract void Take(int centroid);

    /// <summary>The distance give or take an error.</summary>
    protected static (float Lower, float Upper) Around(double distance, double error) =>
        (MathF.BitDecrement((float)Math.Max(0, distance - error)), MathF.BitIncrement((float)(distance + error)));
}
