using System.Numerics.Tensors;
using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>
/// Nearly the leading principal directions of the samples, from a few of their rows: subspace iteration on the rows' Gram matrix (Halko, Martinsson and Tropp 2011), then
/// the directions as combinations of the rows. How near they come decides about speed alone.
/// </summary>
internal static class PrincipalDirections
{
    private const int Rounds = 3, PanelsOfBlock = 16;

    // Fewer rows lie near some directions whatever the samples are.
    private const int FewestRows = 128, RowsPerDirection = 4;

    // Of the strongest direction's squared length: below, a direction is rounding.
    private const float Negligible = 1e-5f;

    /// <summary>Directions, count x D, of length 1 and perpendicular to each other but for rounding; one of zeros where the rows do not span so many.</summary>
    /// <param name="samples">Samples, of which at most 128 rows, or four for each direction, are read.</param>
    /// <param name="count">Directions wanted.</param>
    /// <param name="leastShare">What must lie in the directions' span of the rows' squared length beyond the part that it would hold of noise, from 0 to 1; null for anything.</param>
    /// <returns>Null where they hold less than that.</returns>
    public static FloatRows? Of(CentredSamples samples, int count, double? leastShare)
    {
        var rows = Chosen(samples, count);
        var gram = Gram(rows, samples.Threads);
        var all = Enumerable.Range(0, gram.Length).Sum(i => (double)gram[i][i]);
        var combinations = Subspace(gram, count, samples.Threads);
        var held = Orthonormalized(combinations, gram, samples.Threads);
        // Of noise in many dimensions, M rows are as good as perpendicular: any J of their directions hold J / M.
        var ofNoise = all * count / rows.Count;
        return leastShare is { } least && held - ofNoise < least * (all - ofNoise) ? null : Combined(combinations, rows, samples.Threads);
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
    private static float[][] Subspace(float[][] gram, int count, int threads)
    {
        var random = new SplitMix(1);
        var subspace = new float[count][];
        for (var j = 0; j < count; j++) subspace[j] = Array.ConvertAll(gram, _ => (float)random.NextGaussian());
        for (var round = 0; round < Rounds; round++)
        {
            subspace = Products(gram, subspace, threads);
            for (var j = 0; j < count; j++) Orthonormalize(subspace, j);
        }
        return subspace;
    }

    private static float[][] Products(float[][] matrix, float[][] vectors, int threads)
    {
        var products = new float[vectors.Length][];
        FixedBlocks.Run(vectors.Length, 8, threads, (start, end) =>
        {
            for (var j = start; j < end; j++) products[j] = Product(matrix, vectors[j]);
        });
        return products;
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
    private static double Orthonormalized(float[][] combinations, float[][] gram, int threads)
    {
        var products = Products(gram, combinations, threads);
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

    // The combinations times the rows, 16 columns of the rows as one panel.
    private static FloatRows Combined(float[][] combinations, FloatRows rows, int threads)
    {
        var directions = new FloatRows(combinations.Length, rows.Dimension);
        var factors = WholeTiles(combinations);
        FixedBlocks.Run((rows.Dimension + ProductKernel.PanelWidth - 1) / ProductKernel.PanelWidth, PanelsOfBlock, threads, (start, end) =>
        {
            var (panel, products) = (new float[rows.Count * ProductKernel.PanelWidth], new float[factors.Count * ProductKernel.PanelWidth]);
            for (var column = start * ProductKernel.PanelWidth; column < Math.Min(rows.Dimension, end * ProductKernel.PanelWidth); column += ProductKernel.PanelWidth)
            {
                var width = Math.Min(ProductKernel.PanelWidth, rows.Dimension - column);
                for (var i = 0; i < rows.Count; i++) rows.Read(i, column, panel.AsSpan(i * ProductKernel.PanelWidth, width));
                Multiply(factors, panel, products);
                for (var j = 0; j < directions.Count; j++) products.AsSpan(j * ProductKernel.PanelWidth, width).CopyTo(directions[j][column..]);
            }
        });
        return directions;
    }

    // As rows of whole tiles, the surplus zero.
    private static FloatRows WholeTiles(float[][] combinations)
    {
        var tile = ProductKernel.TileRows(narrow: false);
        var rows = new FloatRows((combinations.Length + tile - 1) / tile * tile, combinations[0].Length);
        for (var j = 0; j < combinations.Length; j++) combinations[j].CopyTo(rows[j]);
        return rows;
    }

    private static unsafe void Multiply(FloatRows factors, float[] panel, float[] products)
    {
        Array.Clear(products);
        var tile = ProductKernel.TileRows(narrow: false);
        var numbers = stackalloc int[tile];
        fixed (float* block = factors.Values, to = panel, sums = products)
            for (var first = 0; first < factors.Count; first += tile)
            {
                for (var r = 0; r < tile; r++) numbers[r] = first + r;
                ProductKernel.Add(narrow: false, block, factors.Dimension, numbers, to, factors.Dimension, sums, ProductKernel.PanelWidth);
            }
    }
}
