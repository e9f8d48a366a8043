using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>
/// k-means++: each centroid is a sample drawn with probability proportional to mass times squared distance to the nearest one so far; of several candidates the one
/// that lowers the potential most is kept (greedy, as in scikit-learn). The candidates of a step share one pass over the pool. Time O(P K D) per candidate.
/// </summary>
/// <param name="samples">Samples.</param>
/// <param name="pool">Rows that are drawn from, P.</param>
/// <param name="candidates">Candidates per centroid.</param>
/// <param name="ready">The pool's rows for the product kernel, where they were made before.</param>
internal sealed class PlusPlusSeeding(CentredSamples samples, int[] pool, int candidates, ReadyRows? ready = null)
{
    // Beyond this, rows are read anew for each centroid.
    private const long LargestReady = 1L << 29;

    private readonly CentroidPanels _panels = new(candidates, samples.Dimension, 1);
    private readonly double[] _positions = new double[candidates * samples.Dimension];
    private readonly double[] _closest = new double[pool.Length];
    private readonly double[] _cumulated = new double[pool.Length];
    private readonly float[] _distances = new float[pool.Length * candidates];
    private readonly double[] _potentials = new double[(pool.Length + ScoreBlock.Rows - 1) / ScoreBlock.Rows * candidates];
    private readonly ReadyRows? _ready = ready ?? Ready(samples, pool);
    private Workers<ScoreBlock>? _workers;

    /// <summary>The pool's rows for the product kernel, unless they are too many to be held.</summary>
    public static ReadyRows? Ready(CentredSamples samples, int[] pool) => ReadyRows.BytesFor(pool.Length, samples.Dimension) <= LargestReady ? new ReadyRows(samples, pool) : null;

    /// <summary>Numbers that one call of <see cref="Choose"/> draws.</summary>
    public static long Draws(int count, int candidates) => 1 + (count - 1L) * candidates;

    /// <summary>K rows, drawn anew at each call.</summary>
    public int[] Choose(int count, ref SplitMix random)
    {
        Array.Fill(_closest, double.PositiveInfinity);
        var chosen = new int[count];
        for (var k = 0; k < count; k++) chosen[k] = pool[Next(k == 0, ref random)];
        return chosen;
    }

    // The first draw is by mass alone, and so is each one once all samples lie on centroids: it repeats one of them.
    private int Next(bool first, ref SplitMix random)
    {
        Cumulate(!first);
        if (_cumulated[^1] <= 0) Cumulate(false);
        var drawn = new int[candidates];
        for (var t = 0; t < candidates; t++) drawn[t] = first && t > 0 ? drawn[0] : Draw(ref random);
        Measure(drawn);
        var best = Best();
        for (var i = 0; i < pool.Length; i++) _closest[i] = Math.Min(_closest[i], _distances[i * candidates + best]);
        _closest[drawn[best]] = 0;
        return drawn[best];
    }

    private void Cumulate(bool byDistance)
    {
        var sum = 0.0;
        for (var i = 0; i < pool.Length; i++) _cumulated[i] = sum += samples.Source.WeightOf(pool[i]) * (byDistance ? _closest[i] : 1);
    }

    // The first index whose cumulated mass exceeds the draw; an index without mass of its own is never hit.
    private int Draw(ref SplitMix random)
    {
        var target = Math.Min(random.NextDouble() * _cumulated[^1], Math.BitDecrement(_cumulated[^1]));
        var (low, high) = (0, _cumulated.Length - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_cumulated[middle] > target) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    // Distances of the whole pool to the candidates, and each block's part of their potentials.
    private void Measure(int[] drawn)
    {
        for (var t = 0; t < candidates; t++) samples.Source.Read(pool[drawn[t]], 0, _positions.AsSpan(t * samples.Dimension, samples.Dimension));
        _panels.Pack(new MovedPoints(_positions, samples.Shift));
        _workers ??= new Workers<ScoreBlock>(samples.Threads, () => new ScoreBlock(samples, _panels));
        _workers.Run(pool.Length, ScoreBlock.Rows, MeasureBlock);
    }

    private void MeasureBlock(ScoreBlock block, int start, int end)
    {
        if (_ready is null) Score(block, start, end);
        else
        {
            block.AskAll(start, end);
            block.Compute(_ready, start);
        }
        var potentials = _potentials.AsSpan(start / ScoreBlock.Rows * candidates, candidates);
        potentials.Clear();
        for (var i = start; i < end; i++) MeasureRow(block, i - start, i, potentials);
    }

    private void Score(ScoreBlock block, int start, int end)
    {
        block.Clear();
        for (var i = start; i < end; i++) block.AskAll(block.Add(pool[i]));
        block.Compute();
    }

    private unsafe void MeasureRow(ScoreBlock block, int row, int index, Span<double> potentials)
    {
        var (norm, w, closest) = (samples.SquaredNorms[pool[index]], samples.Source.WeightOf(pool[index]), _closest[index]);
        var doubtful = 4 * _panels.ErrorFor(norm);
        var scores = block.Scores(row);
        var distances = _distances.AsSpan(index * potentials.Length, potentials.Length);
        for (var t = 0; t < potentials.Length; t++)
        {
            var distance = scores[t] + norm;
            if (distance < doubtful) distance = Exactly(pool[index], t);
            distances[t] = (float)distance;
            potentials[t] += w * Math.Min(distance, closest);
        }
    }

    // Where scores cannot tell a small distance from none.
    private double Exactly(int sample, int candidate)
    {
        var row = new double[samples.Dimension];
        samples.Source.Read(sample, 0, row);
        return DistanceKernel.SquaredDistance(row, _positions.AsSpan(candidate * samples.Dimension, samples.Dimension));
    }

    private int Best()
    {
        var (best, least) = (0, double.PositiveInfinity);
        for (var t = 0; t < candidates; t++)
        {
            var potential = 0.0;
            for (var b = t; b < _potentials.Length; b += candidates) potential += _potentials[b];
            if (potential < least) (best, least) = (t, potential);
        }
        return best;
    }
}
