using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ddoq.Quantization;

/// <summary>
/// Weighted sums of the samples of each cell, exact on a grid: each addend is first rounded to a multiple of a power of two chosen for its column, coarse enough that
/// no sum of all samples leaves the 53 bits of float64 (Demmel and Nguyen 2013). Additions are then exact, so that their order does not matter: threads may
/// share them as they like, and samples that change cells can be moved from sum to sum without any drift. Grid: 2^-50 of the largest possible sum.
/// </summary>
internal sealed class GridSums
{
    // A slice of a sum should stay in the first-level cache.
    private const int LargestSlice = 2048, SmallestSlice = 32;

    // Short rows are shared out row by row instead, if there are enough to pay for sums of each thread's own.
    private const int ShortRow = 256, ManyRows = 4096, RowBlock = 512;

    private readonly int _slice;
    private readonly CentredSamples _samples;
    private readonly double[] _grid;
    private readonly double _massGrid;
    private readonly Workers<double[]> _workers;
    private readonly Action<double[], int, int> _moveChanged;
    private readonly Workers<RowSums> _rowWorkers;
    private readonly Action<RowSums, int, int> _moveRows;
    private readonly double[] _part;
    private readonly int[] _changed;
    private readonly int[] _ends;
    private int _changedCount;
    private readonly int[] _before;
    private int[] _labels = [];

    public GridSums(CentredSamples samples, int count)
    {
        _samples = samples;
        _slice = Math.Clamp((samples.Dimension + samples.Threads - 1) / samples.Threads, SmallestSlice, LargestSlice);
        _part = new double[_slice];
        var total = samples.Source.TotalWeight;
        _grid = Array.ConvertAll(samples.LargestMagnitudes, m => Anchor(m * total));
        _massGrid = Anchor(total);
        Sums = new double[checked(count * samples.Dimension)];
        Masses = new double[count];
        (Counts, _ends) = (new int[count], new int[count]);
        _workers = new Workers<double[]>(samples.Threads, () => new double[_slice]);
        (_changed, _before) = (new int[samples.Count], new int[samples.Count]);
        Array.Fill(_before, -1);
        _moveChanged = MoveChanged;
        _rowWorkers = new Workers<RowSums>(samples.Threads, () => new RowSums(new double[Sums.Length], new double[samples.Dimension]));
        _moveRows = MoveRows;
    }

    /// <summary>K x D.</summary>
    public double[] Sums { get; }

    /// <summary>Sum of the weights in each cell, K.</summary>
    public double[] Masses { get; }

    /// <summary>Samples in each cell, K.</summary>
    public int[] Counts { get; }

    /// <summary>Brings the sums up to date with new labels.</summary>
    /// <param name="labels">Cell of each sample, N; -1 for a sample in none, which it must have been before as well.</param>
    /// <returns>How many samples changed their cell.</returns>
    public int Update(int[] labels)
    {
        _labels = labels;
        FindChanged();
        if (_samples.Dimension <= ShortRow && _changedCount >= ManyRows && _samples.Threads > 1) ShareRows();
        else _workers.Run(_samples.Dimension, _slice, _moveChanged);
        foreach (var i in _changed.AsSpan(0, _changedCount))
        {
            MoveMass(i, _before[i], labels[i]);
            _before[i] = labels[i];
        }
        return _changedCount;
    }

    /// <summary>Moves one sample to another cell for good.</summary>
    public void Reassign(int sample, int to)
    {
        Move(sample, _before[sample], to);
        _before[sample] = to;
    }

    /// <summary>Moves one sample between sums; the caller moves it back.</summary>
    public void Move(int sample, int from, int to)
    {
        for (var start = 0; start < _samples.Dimension; start += _slice)
            Move(Sums, sample, from, to, start, _part.AsSpan(0, Math.Min(_slice, _samples.Dimension - start)));
        MoveMass(sample, from, to);
    }

    /// <summary>Sets every centroid to the mean of its cell.</summary>
    public void Means(double[] centroids)
    {
        for (var k = 0; k < Masses.Length; k++) Mean(k, centroids);
    }

    /// <summary>Sets centroid <paramref name="cell"/> to the mean of its cell; a cell without mass keeps it.</summary>
    public void Mean(int cell, double[] centroids)
    {
        if (Masses[cell] <= 0) return;
        var d = _samples.Dimension;
        TensorPrimitives.Divide(Sums.AsSpan(cell * d, d), Masses[cell], centroids.AsSpan(cell * d, d));
    }

    // Adding and subtracting 1.5 * 2^52 grid steps rounds to the grid.
    private static double Anchor(double largest) => largest > 0 ? 1.5 * Math.ScaleB(1, Math.ILogB(largest) + 1 - 50 + 52) : 0;

    // Ordered by cell, so that a sum stays in the cache while its samples are added; sums on a grid have the same bits in any order.
    private void FindChanged()
    {
        Array.Clear(_ends);
        for (var i = 0; i < _labels.Length; i++)
            if (_labels[i] != _before[i]) _ends[_labels[i]]++;
        _changedCount = 0;
        for (var k = 0; k < _ends.Length; k++) (_ends[k], _changedCount) = (_changedCount, _changedCount + _ends[k]);
        for (var i = 0; i < _labels.Length; i++)
            if (_labels[i] != _before[i]) _changed[_ends[_labels[i]]++] = i;
    }

    // The rows lie anywhere: memory is asked for the one after next meanwhile.
    private void MoveChanged(double[] part, int start, int end)
    {
        for (var c = 0; c < _changedCount; c++)
        {
            if (c + 2 < _changedCount) _samples.Source.Prefetch(_changed[c + 2], start, end - start);
            var i = _changed[c];
            Move(Sums, i, _before[i], _labels[i], start, part.AsSpan(0, end - start));
        }
    }

    // Sums of parts of the samples lie on the grid too, so that adding them up is exact.
    private void ShareRows()
    {
        foreach (var part in _rowWorkers.All) Array.Clear(part.Sums);
        _rowWorkers.Run(_changedCount, RowBlock, _moveRows);
        foreach (var part in _rowWorkers.All) TensorPrimitives.Add(Sums, part.Sums, Sums);
    }

    private void MoveRows(RowSums part, int start, int end)
    {
        foreach (var i in _changed.AsSpan(start, end - start)) Move(part.Sums, i, _before[i], _labels[i], 0, part.Row);
    }

    private void Move(double[] sums, int sample, int from, int to, int start, Span<double> part)
    {
        _samples.Source.Read(sample, start, part);
        var w = _samples.Source.WeightOf(sample);
        var grid = _grid.AsSpan(start, part.Length);
        if (from < 0) Add(part, w, grid, Cell(sums, to, start, part.Length));
        else if (to < 0) Add(part, -w, grid, Cell(sums, from, start, part.Length));
        else Transfer(part, w, grid, Cell(sums, from, start, part.Length), Cell(sums, to, start, part.Length));
    }

    private Span<double> Cell(double[] sums, int cell, int start, int length) => sums.AsSpan(cell * _samples.Dimension + start, length);

    private void MoveMass(int sample, int from, int to)
    {
        var mass = _samples.Source.WeightOf(sample) + _massGrid - _massGrid;
        if (from >= 0) (Masses[from], Counts[from]) = (Masses[from] - mass, Counts[from] - 1);
        if (to >= 0) (Masses[to], Counts[to]) = (Masses[to] + mass, Counts[to] + 1);
    }

    // sum += w x, x rounded to the grid; the rounding is symmetric, so that -w takes away exactly what w added.
    private static void Add(ReadOnlySpan<double> values, double weight, ReadOnlySpan<double> grid, Span<double> sums)
    {
        ref var v = ref MemoryMarshal.GetReference(values);
        ref var g = ref MemoryMarshal.GetReference(grid);
        ref var s = ref MemoryMarshal.GetReference(sums);
        var w = Vector256.Create(weight);
        var i = 0;
        for (; i + 4 <= values.Length; i += 4)
        {
            var anchor = Vector256.LoadUnsafe(ref g, (nuint)i);
            var x = Vector256.LoadUnsafe(ref v, (nuint)i) * w + anchor - anchor;
            (Vector256.LoadUnsafe(ref s, (nuint)i) + x).StoreUnsafe(ref s, (nuint)i);
        }
        for (; i < values.Length; i++) sums[i] += values[i] * weight + grid[i] - grid[i];
    }

    private static void Transfer(ReadOnlySpan<double> values, double weight, ReadOnlySpan<double> grid, Span<double> from, Span<double> to)
    {
        ref var v = ref MemoryMarshal.GetReference(values);
        ref var g = ref MemoryMarshal.GetReference(grid);
        ref var a = ref MemoryMarshal.GetReference(from);
        ref var b = ref MemoryMarshal.GetReference(to);
        var w = Vector256.Create(weight);
        var i = 0;
        for (; i + 4 <= values.Length; i += 4)
        {
            var anchor = Vector256.LoadUnsafe(ref g, (nuint)i);
            var x = Vector256.LoadUnsafe(ref v, (nuint)i) * w + anchor - anchor;
            (Vector256.LoadUnsafe(ref a, (nuint)i) - x).StoreUnsafe(ref a, (nuint)i);
            (Vector256.LoadUnsafe(ref b, (nuint)i) + x).StoreUnsafe(ref b, (nuint)i);
        }
        for (; i < values.Length; i++)
        {
            var x = values[i] * weight + grid[i] - grid[i];
            from[i] -= x;
            to[i] += x;
        }
    }

    /// <summary>One thread's share of the sums, K x D, and a row's buffer.</summary>
    private sealed record RowSums(double[] Sums, double[] Row);
}
