using System.Numerics.Tensors;
using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>
/// Nearly the leading principal directions of the samples, from a few of their rows: subspace iteration on the rows' Gram matrix (Halko, Martinsson and Tropp 2011), then
/// the directions as combinations of the rows. How near they come decides about speed alone.
/// </summary>
internal static class PrincipalDirections
{
    private const int Rounds = 3, Slice = 256;

    // Fewer rows lie near some directions whatever the samples are.
    private const int FewestRows = 128, RowsPerDirection = 4;

    // Of the strongest direction's squared length: below, a direction is rounding.
    private const float Negligible = 1e-5f;

    /// <summary>Directions, count x D, of length 1 and perpendicular to each other but for rounding; one of zeros where the rows do not span so many.</summary>
    /// <param name="samples">Samples, of which at most 128 rows, or four for each direction, are read.</param>
    /// <param name="count">Directions wanted.</param>
    /// <param name="leastShare">Share of the rows' squared length that must lie in the directions' span, from 0 to 1.</param>
    /// <returns>Null where they hold less than that.</returns>
    public static FloatRows? Of(CentredSamples samples, int count, double leastShare)
    {
        var rows = Chosen(samples, count);
        var gram = Gram(rows, samples.Threads);
        var all = Enumerable.Range(0, gram.Length).Sum(i => (double)gram[i][i]);
        var combinations = Subspace(gram, count);
        return Orthonormalized(combinations, gram) >= leastShare * all ? Combined(combinations, rows, samples.Threads) : null;
    }

    private static FloatRows Chosen(CentredSamples samples, int directions)
    {
        var count = Math.Min(samples.Count, Math.Clamp(samples.Count / 16, FewestRows, Math.Max(FewestRows, RowsPerDirection * directions)));
        var rows = new FloatRows(count, samples.Dimension);
        FixedBlocks.Run(count, 16, samples.Threads, (start, end) =>
        {
            for (var r = start; r < end; r++) samples.Read((int)((long)r * samples.Count / count), 0, rows[r]);
        });
        return rows;
    }

    private static unsafe float[][] Gram(FloatRows rows, int threads)
    {
        var panels = new CentroidPanels(rows.Count, rows.Dimension, threads);
        panels.Pack(rows);
        var gram = new float[rows.Count][];
        new Workers<ScoreBlock>(threads, () => new ScoreBlock(rows, panels)).Run(rows.Count, ScoreBlock.Rows / 4, (block, start, end) =>
        {
            block.Clear();
            for (var i = start; i < end; i++) block.AskAll(block.Add(i));
            block.ComputeProducts();
            for (var i = start; i < end; i++) gram[i] = new ReadOnlySpan<float>(block.Scores(i - start), rows.Count).ToArray();
        });
        return gram;
    }

    // Orthonormal combinations of the rows, nearly the leading eigenvectors of the Gram matrix.
    private static float[][] Subspace(float[][] gram, int count)
    {
        var random = new SplitMix(1);
        var subspace = new float[count][];
        for (var j = 0; j < count; j++) subspace[j] = Array.ConvertAll(gram, _ => (float)random.NextGaussian());
        for (var round = 0; round < Rounds; round++)
        {
            subspace = Array.ConvertAll(subspace, y => Product(gram, y));
            for (var j = 0; j < count; j++) Orthonormalize(subspace, j);
        }
        return subspace;
    }

    private static float[] Product(float[][] matrix, float[] vector) => Array.ConvertAll(matrix, row => Product(row, vector));

    // The order of additions is the same on every processor.
    private static float Product(float[] a, float[] b) => (float)DistanceKernel.Product(a, b);

    // Takes what the vectors before hold out of vector j, twice, and gives it length 1; one that holds nothing else becomes zero.
    private static void Orthonormalize(float[][] vectors, int j)
    {
        var vector = vectors[j];
        var before = MathF.Sqrt(Product(vector, vector));
        for (var pass = 0; pass < 2; pass++)
            for (var i = 0; i < j; i++) TensorPrimitives.MultiplyAdd(vectors[i], -Product(vectors[i], vector), vector, vector);
        var length = MathF.Sqrt(Product(vector, vector));
        if (length > Negligible * before) TensorPrimitives.Divide(vector, length, vector);
        else Array.Clear(vector);
    }

    // Makes the combined rows orthonormal: the same with y G y for the squared length of a combination y. Returns the rows' squared length in their span.
    private static double Orthonormalized(float[][] combinations, float[][] gram)
    {
        var products = Array.ConvertAll(combinations, y => Product(gram, y));
        var captured = combinations.Zip(products, (y, product) => (double)Product(y, product)).Sum();
        var largest = 0f;
        for (var j = 0; j < combinations.Length; j++)
        {
            for (var i = 0; i < j; i++)
            {
                var along = -Product(products[i], combinations[j]);
                TensorPrimitives.MultiplyAdd(combinations[i], along, combinations[j], combinations[j]);
                TensorPrimitives.MultiplyAdd(products[i], along, products[j], products[j]);
            }
            var square = Product(combinations[j], products[j]);
            largest = Math.Max(largest, square);
            var scale = square > Negligible * largest ? 1 / MathF.Sqrt(square) : 0;
            TensorPrimitives.Multiply(combinations[j], scale, combinations[j]);
            TensorPrimitives.Multiply(products[j], scale, products[j]);
        }
        return captured;
    }

    // Slice by slice, so that the rows' part stays in the cache for all directions.
    private static FloatRows Combined(float[][] combinations, FloatRows rows, int threads)
    {
        var directions = new FloatRows(combinations.Length, rows.Dimension);
        FixedBlocks.Run(rows.Dimension, Slice, threads, (start, end) =>
        {
            for (var j = 0; j < combinations.Length; j++)
                for (var i = 0; i < rows.Count; i++)
                    TensorPrimitives.MultiplyAdd(rows[i][start..end], combinations[j][i], directions[j][start..end], directions[j][start..end]);
        });
        return directions;
    }
}
