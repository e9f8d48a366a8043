using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ddoq.Quantization;

/// <summary>
/// Scores |b|^2 - 2ab of a block of rows against chosen panels of centroids; adding |a|^2 gives squared distances. One block belongs to one thread; its buffers
/// are kept between uses.
/// </summary>
internal sealed unsafe class ScoreBlock
{
    /// <summary>Rows of a block. A multiple of every tile's rows.</summary>
    public const int Rows = 96;

    // Stretches that are loaded together: 400 KiB, about the second-level cache.
    private const int Band = 4;

    private readonly IRows _samples;
    private readonly CentroidPanels _panels;
    private readonly float[] _band;
    private readonly float[] _scores; // pinned, so that its address holds
    private readonly float* _firstScore;
    private readonly int[] _sources = new int[Rows];
    private readonly int[] _lists;
    private readonly int[] _lengths;
    private readonly ulong[] _asked;
    private readonly int _words;
    private readonly bool[] _wanted = new bool[Rows];
    private readonly bool _narrow;
    private readonly int _tile;
    private readonly int _length;
    private readonly int _pitch;
    private bool _isAsked;

    public ScoreBlock(IRows samples, CentroidPanels panels)
    {
        (_samples, _panels) = (samples, panels);
        // One row more than the block has: where a tile's list ends early, the spare row takes the surplus.
        _pitch = ProductKernel.PitchOf(samples.Dimension);
        _band = GC.AllocateArray<float>(Math.Min(Band, ProductKernel.Stretches(samples.Dimension)) * (Rows + 1) * _pitch, pinned: true);
        _scores = GC.AllocateArray<float>(checked((Rows + 1) * panels.Width), pinned: true);
        _firstScore = (float*)Unsafe.AsPointer(ref _scores[0]);
        _lists = GC.AllocateArray<int>(panels.PanelCount * Rows, pinned: true);
        _lengths = new int[panels.PanelCount];
        _length = ProductKernel.StretchOf(samples.Dimension);
        _narrow = ProductKernel.IsNarrow(panels.Count);
        _tile = ProductKernel.TileRows(_narrow);
        _words = (panels.PanelCount + 63) / 64;
        _asked = new ulong[_words * Rows];
    }

    /// <summary>Scores computed so far.</summary>
    public long Computed { get; private set; }

    /// <summary>Whether all scores of all rows were asked for at once.</summary>
    public bool HasAll { get; private set; }

    /// <summary>Rows that were added.</summary>
    public int Count { get; private set; }

    /// <summary>Sample of a row of the block.</summary>
    public int Source(int row) => _sources[row];

    /// <summary>Scores of a row, one for each place; only those of the panels asked for are meant.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Scores(int row) => _firstScore + (long)row * _panels.Width;

    /// <summary>The panels whose scores were asked for in a row, in order.</summary>
    public Bits Asked(int row) => new(_asked.AsSpan(row * _words, _words));

    /// <summary>Whether all scores of a row were asked for.</summary>
    public bool AskedAll(int row)
    {
        var count = 0;
        foreach (var word in _asked.AsSpan(row * _words, _words)) count += BitOperations.PopCount(word);
        return count == _panels.PanelCount;
    }

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        Count = 0;
        HasAll = false;
        Array.Clear(_lengths);
        Array.Clear(_wanted);
        _isAsked = false;
        Array.Clear(_asked);
    }

    /// <summary>Adds a sample; returns its row.</summary>
    public int Add(int sample)
    {
        _sources[Count] = sample;
        Array.Clear(_scores, Count * _panels.Width, _panels.Width);
        return Count++;
    }

    /// <summary>Asks for a row's scores of one panel.</summary>
    public void Ask(int row, int panel)
    {
        ref var word = ref _asked[row * _words + panel / 64];
        if ((word >> panel & 1) != 0) return;
        word |= 1UL << panel;
        _wanted[row] = _isAsked = true;
        _lists[panel * Rows + _lengths[panel]++] = row;
        Computed += ProductKernel.PanelWidth;
    }

    /// <summary>Asks for all scores of a row.</summary>
    public void AskAll(int row)
    {
        for (var p = 0; p < _panels.PanelCount; p++) Ask(row, p);
    }

    /// <summary>Clears, adds samples [start, end) and asks for all their scores.</summary>
    public void AskAll(int start, int end)
    {
        Clear();
        Count = end - start;
        for (var r = 0; r < Count; r++) _sources[r] = start + r;
        Array.Clear(_scores, 0, Count * _panels.Width);
        _wanted.AsSpan(0, Count).Fill(true);
        for (var p = 0; p < _panels.PanelCount; p++)
        {
            for (var r = 0; r < Count; r++)
            {
                _lists[p * Rows + r] = r;
                _asked[r * _words + p / 64] |= 1UL << p;
            }
            _lengths[p] = Count;
        }
        Computed += (long)Count * _panels.Width;
        _isAsked = Count > 0;
        HasAll = true;
    }

    /// <summary>Computes what was asked for since the last time.</summary>
    public void Compute()
    {
        if (!_isAsked) return;
        Multiply();
        Finish();
    }

    /// <summary>Leaves the products ab themselves where scores would be.</summary>
    public void ComputeProducts()
    {
        Multiply();
        Forget();
    }

    private void Multiply()
    {
        PadLists();
        var stretches = ProductKernel.Stretches(_samples.Dimension);
        for (var stretch = 0; stretch < stretches; stretch++)
        {
            if (stretch % Band == 0) Load(stretch, Math.Min(stretch + Band, stretches));
            MultiplyAll(Stretch(stretch % Band), stretch * _length, isInCache: true);
        }
    }

    /// <summary>The same for rows that lie ready, in the order in which they were added.</summary>
    public void Compute(ReadyRows ready, int firstRow)
    {
        PadLists();
        for (var column = 0; column < _samples.Dimension; column += _length)
        {
            MultiplyAll(ready.Stretch(firstRow, column / _length), column, isInCache: false);
        }
        Finish();
    }

    private void Finish()
    {
        for (var p = 0; p < _panels.PanelCount; p++) ToScores(p);
        Forget();
    }

    private void Forget()
    {
        Array.Clear(_lengths);
        Array.Clear(_wanted);
        _isAsked = false;
    }

    private float* Stretch(int index) => (float*)Unsafe.AsPointer(ref _band[0]) + index * (Rows + 1) * _pitch;

    // Row by row, because memory is read fastest in long runs.
    private void Load(int first, int last)
    {
        for (var r = 0; r < Count; r++)
        {
            if (!_wanted[r]) continue;
            for (var s = first; s < last; s++)
                _samples.Read(_sources[r], s * _length, _band.AsSpan(((s - first) * (Rows + 1) + r) * _pitch, Math.Min(_length, _samples.Dimension - s * _length)));
        }
    }

    private void MultiplyAll(float* block, int column, bool isInCache)
    {
        for (int p = 0, taken; p < _panels.PanelCount; p += taken)
        {
            taken = ProductKernel.TakesTwoPanels && p + 1 < _panels.PanelCount && WantSameRows(p, p + 1) ? 2 : 1;
            Multiply(block, p, taken, column, isInCache || p > 0);
        }
    }

    private bool WantSameRows(int panel, int other) =>
        _lengths[panel] == _lengths[other] && _lists.AsSpan(panel * Rows, _lengths[panel]).SequenceEqual(_lists.AsSpan(other * Rows, _lengths[other]));

    private void Multiply(float* block, int panel, int panels, int column, bool isInCache)
    {
        var length = Math.Min(_length, _samples.Dimension - column);
        var rows = (int*)Unsafe.AsPointer(ref _lists[0]) + panel * Rows;
        var scores = Scores(0) + panel * ProductKernel.PanelWidth;
        var numbers = _panels.Panel(column, length, panel);
        for (var i = 0; i < _lengths[panel]; i += _tile)
        {
            if (!isInCache) Fetch(block + (i + _tile) * _pitch, _tile * _pitch);
            if (panels == 2) ProductKernel.AddTwelveByTwo(block, _pitch, rows + i, numbers, length, scores, _panels.Width);
            else ProductKernel.Add(_narrow, block, _pitch, rows + i, numbers, length, scores, _panels.Width);
        }
    }

    // A tile reads many short runs at once, which processors do not foresee; the one after it is asked for meanwhile.
    private static void Fetch(float* next, int count)
    {
        if (!Sse.IsSupported) return;
        for (var i = 0; i < count; i += ProductKernel.CacheLine) Sse.Prefetch1(next + i);
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
