namespace Ddoq.Quantization;

/// <summary>Rows of a source, contracted.</summary>
internal sealed unsafe class ContractedRows : FloatRows
{
    private readonly Contraction _contraction;
    private readonly Func<int, double> _squaredNorm;
    private readonly Workers<ScoreBlock> _workers;
    private readonly Action<ScoreBlock, int, int> _fill;
    private readonly int[] _chosen;

    /// <param name="contraction">The map.</param>
    /// <param name="source">Rows of D numbers.</param>
    /// <param name="squaredNorm">|x|^2 of a row.</param>
    /// <param name="count">N.</param>
    /// <param name="threads">Threads to use.</param>
    public ContractedRows(Contraction contraction, IRows source, Func<int, double> squaredNorm, int count, int threads) : base(count, contraction.Width)
    {
        (_contraction, _squaredNorm, _fill) = (contraction, squaredNorm, Fill);
        _chosen = [.. Enumerable.Range(0, count)];
        _workers = new Workers<ScoreBlock>(threads, () => new ScoreBlock(source, contraction.Directions));
    }

    /// <summary>Contracts all rows of the source.</summary>
    public void Fill() => _workers.Run(Count, ScoreBlock.Rows, _fill);

    /// <summary>Contracts those rows that changed.</summary>
    public void Fill(Func<int, bool> changed)
    {
        var count = 0;
        for (var i = 0; i < Count; i++)
            if (changed(i)) _chosen[count++] = i;
        _workers.Run(count, ScoreBlock.Rows, _fill);
        for (var i = 0; i < count; i++) _chosen[i] = i;
    }

    /// <summary>Some rows, with the masses of their samples.</summary>
    public SampleMatrix Select(int[] rows, Samples source)
    {
        var values = new float[rows.Length * Dimension];
        for (var i = 0; i < rows.Length; i++) this[rows[i]].CopyTo(values.AsSpan(i * Dimension));
        return new SampleMatrix(values, Dimension, source.WeightsOf(rows), source.Name);
    }

    private void Fill(ScoreBlock block, int start, int end)
    {
        block.Clear();
        for (var i = start; i < end; i++) block.AskAll(block.Add(_chosen[i]));
        block.ComputeProducts();
        for (var i = start; i < end; i++) _contraction.Complete(block.Scores(i - start), _squaredNorm(_chosen[i]), this[_chosen[i]]);
    }
}
