using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddoq.Quantization;

/// <summary>
/// Scores |b|^2 - 2ab of a block of rows against chosen panels of centroids; adding |a|^2 gives squared distances. One block belongs to one thread; its buffers
/// are kept between uses.
/// </summary>
internal sealed unsafe class ScoreBlock
{
    /// <summary>Rows of a block. A multiple of every tile's rows; its stretch (96 KiB) stays in the second-level cache.</summary>
    public const int Rows = 96;

    private readonly CentredSamples _samples;
    private readonly CentroidPanels _panels;
    private readonly float[] _stretch;
    private readonly float[] _scores;
    private readonly int[] _sources = new int[Rows];
    private readonly int[] _lists;
    private readonly int[] _lengths;
    private readonly bool[] _asked;
    private readonly bool _narrow;
    private readonly int _tile;
    private readonly int _length;

    public ScoreBlock(CentredSamples samples, CentroidPanels panels)
    {
        (_samples, _panels) = (samples, panels);
        // One row more than the block has: where a tile's list ends early, the spare row takes the surplus.
        _stretch = GC.AllocateArray<float>((Rows + 1) * ProductKernel.Stretch, pinned: true);
        _scores = GC.AllocateArray<float>(checked((Rows + 1) * panels.Width), pinned: true);
        _lists = GC.AllocateArray<int>(panels.PanelCount * Rows, pinned: true);
        _lengths = new int[panels.PanelCount];
        _length = ProductKernel.StretchOf(samples.Dimension);
        _narrow = ProductKernel.IsNarrow(panels.Count);
        _tile = ProductKernel.TileRows(_narrow);
        _asked = new bool[panels.PanelCount * Rows];
    }

    /// <summary>Scores computed so far.</summary>
    public long Computed { get; private set; }

    /// <summary>Rows that were added.</summary>
    public int Count { get; private set; }

    /// <summary>Sample of a row of the block.</summary>
    public int Source(int row) => _sources[row];

    /// <summary>Scores of a row, one for each place; only those of the panels asked for are meant.</summary>
    public float* Scores(int row) => (float*)Unsafe.AsPointer(ref _scores[0]) + (long)row * _panels.Width;

    /// <summary>Whether a row's scores of a panel were asked for.</summary>
    public bool Asked(int row, int panel) => _asked[row * _panels.PanelCount + panel];

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        Count = 0;
        Array.Clear(_lengths);
        Array.Clear(_asked);
    }

    /// <summary>Adds a sample; returns its row.</summary>
    public int Add(int sample)
    {
        _sources[Count] = sample;
        return Count++;
    }

    /// <summary>Asks for a row's scores of one panel.</summary>
    public void Ask(int row, int panel)
    {
        if (_asked[row * _panels.PanelCount + panel]) return;
        _asked[row * _panels.PanelCount + panel] = true;
        _lists[panel * Rows + _lengths[panel]++] = row;
        Computed += ProductKernel.PanelWidth;
    }

    /// <summary>Asks for all scores of a row.</summary>
    public void AskAll(int row)
    {
        for (var p = 0; p < _panels.PanelCount; p++) Ask(row, p);
    }

    /// <summary>Computes what was asked for.</summary>
    public void Compute()
    {
        if (Count == 0) return;
        Array.Clear(_scores, 0, Count * _panels.Width);
        PadLists();
        for (var column = 0; column < _samples.Dimension; column += _length)
        {
            var length = Math.Min(_length, _samples.Dimension - column);
            Load(column, length);
            for (var p = 0; p < _panels.PanelCount; p++) Multiply((float*)Unsafe.AsPointer(ref _stretch[0]), p, column, length);
        }
        for (var p = 0; p < _panels.PanelCount; p++) ToScores(p);
    }

    /// <summary>The same for rows that lie ready, in the order in which they were added.</summary>
    public void Compute(ReadyRows ready, int firstRow)
    {
        Array.Clear(_scores, 0, Count * _panels.Width);
        PadLists();
        for (var column = 0; column < _samples.Dimension; column += _length)
            for (var p = 0; p < _panels.PanelCount; p++) Multiply(ready.Stretch(firstRow, column / _length), p, column, Math.Min(_length, _samples.Dimension - column));
        for (var p = 0; p < _panels.PanelCount; p++) ToScores(p);
    }

    private void Load(int column, int length)
    {
        for (var r = 0; r < Count; r++) _samples.Read(_sources[r], column, _stretch.AsSpan(r * ProductKernel.Stretch, length));
    }

    private void Multiply(float* block, int panel, int column, int length)
    {
        var rows = (int*)Unsafe.AsPointer(ref _lists[0]) + panel * Rows;
        var scores = Scores(0) + panel * ProductKernel.PanelWidth;
        var numbers = _panels.Panel(column, length, panel);
        for (var i = 0; i < _lengths[panel]; i += _tile) ProductKernel.Add(_narrow, block, rows + i, numbers, length, scores, _panels.Width);
    }

    private void PadLists()
    {
        for (var p = 0; p < _lengths.Length; p++)
            for (var i = _lengths[p]; i % _tile != 0; i++) _lists[p * Rows + i] = Rows;
    }

    private void ToScores(int panel)
    {
        var norms = _panels.Norms + panel * ProductKernel.PanelWidth;
        Vector256<float> low = Vector256.Load(norms), high = Vector256.Load(norms + 8), factor = Vector256.Create(-2f);
        for (var i = 0; i < _lengths[panel]; i++)
        {
            var score = Scores(_lists[panel * Rows + i]) + panel * ProductKernel.PanelWidth;
            Vector256.FusedMultiplyAdd(factor, Vector256.Load(score), low).Store(score);
            Vector256.FusedMultiplyAdd(factor, Vector256.Load(score + 8), high).Store(score + 8);
        }
    }
}
