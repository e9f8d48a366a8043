using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>
/// Rows of samples projected onto random directions of signs: squared distances keep their value on average, with a relative spread of the root of 2 / directions
/// (Johnson and Lindenstrauss 1984, Achlioptas 2003). Enough to draw first centroids by, at a fraction of the memory to read.
/// </summary>
internal static class RandomProjection
{
    /// <summary>Directions that are projected onto where nothing else is asked for.</summary>
    public const int Directions = 128;

    /// <summary>Enough for a quick start.</summary>
    public const int FewDirections = 64;

    /// <summary>Whether the samples have enough dimensions for a projection to save reading.</summary>
    public static bool Pays(int dimension) => dimension >= 2 * Directions;

    /// <summary>Projected rows with their masses, P x <paramref name="directions"/>.</summary>
    /// <param name="samples">Samples.</param>
    /// <param name="rows">Which of them, P.</param>
    /// <param name="random">Draws the signs.</param>
    /// <param name="directions">Directions; fewer are quicker and spread distances more.</param>
    public static SampleMatrix Of(CentredSamples samples, int[] rows, ref SplitMix random, int directions = Directions)
    {
        var panels = new CentroidPanels(directions, samples.Dimension, samples.Threads);
        panels.Pack(Signs(directions, samples.Dimension, ref random));
        var projected = new float[rows.Length * directions];
        new Workers<ScoreBlock>(samples.Threads, () => new ScoreBlock(samples, panels)).Run(rows.Length, ScoreBlock.Rows, (block, start, end) =>
        {
            block.Clear();
            for (var i = start; i < end; i++) block.AskAll(block.Add(rows[i]));
            block.Compute();
            for (var i = start; i < end; i++) Products(block, i - start, panels, projected.AsSpan(i * directions, directions));
        });
        return new SampleMatrix(projected, directions, samples.Source.WeightsOf(rows), samples.Source.Name);
    }

    // A score is |b|^2 - 2ab.
    private static unsafe void Products(ScoreBlock block, int row, CentroidPanels panels, Span<float> products)
    {
        for (var j = 0; j < products.Length; j++) products[j] = (panels.Norms[j] - block.Scores(row)[j]) / 2;
    }

    private static FloatRows Signs(int directions, int dimension, ref SplitMix random)
    {
        var (rows, unit) = (new FloatRows(directions, dimension), (float)(1 / Math.Sqrt(directions)));
        var signs = rows.Values;
        var bits = 0UL;
        for (var j = 0; j < signs.Length; j++, bits >>= 1)
        {
            if (j % 64 == 0) bits = random.NextUInt64();
            signs[j] = (bits & 1) == 0 ? unit : -unit;
        }
        return rows;
    }
}
