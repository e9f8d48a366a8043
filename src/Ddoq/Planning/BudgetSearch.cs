namespace Ddoq.Planning;

/// <summary>The search for the best spread of one total: proposals from the curves, and the best of those that were measured.</summary>
internal sealed class BudgetSearch(int budget, IReadOnlyList<ClassStudy> classes, int[] least)
{
    private int[]? _best;
    private double _bestMeasured = double.PositiveInfinity, _bestPredicted;
    private int[] _proposal = [];
    private double _predicted, _equalPredicted;

    /// <summary>Images of each class in the equal split.</summary>
    public int[] EqualSplit { get; } = BudgetAllocation.Equal([.. classes.Select(c => c.Count)], budget, least);

    /// <summary>The best spread by the curves as they stand.</summary>
    public int[] Propose()
    {
        var costs = classes.Select((c, i) => c.Count == 0 ? [] : c.Costs(Math.Min(c.Count, MostOf(i)))).ToArray();
        _proposal = BudgetAllocation.Spread(costs, budget, least);
        (_predicted, _equalPredicted) = (Mean(costs, _proposal), Mean(costs, EqualSplit));
        return _proposal;
    }

    /// <summary>Keeps the proposal if it measured better than what is kept. The equal split is there from the start, so what stays is no worse than it.</summary>
    public void Judge()
    {
        if (_best is null) Keep(EqualSplit, _equalPredicted);
        if (Measured(_proposal) < _bestMeasured) Keep(_proposal, _predicted);
    }

    /// <summary>The best measured spread; without measurements the last proposal.</summary>
    public Allocation Result() => new()
    {
        Budget = budget,
        ImagesPerClass = _best ?? _proposal,
        EqualSplit = EqualSplit,
        Predicted = _best is null ? _predicted : _bestPredicted,
        EqualPredicted = _equalPredicted,
        Measured = _best is null ? null : _bestMeasured,
        EqualMeasured = Measured(EqualSplit),
    };

    private void Keep(int[] spread, double predicted) => (_best, _bestPredicted, _bestMeasured) = (spread, predicted, Measured(spread)!.Value);

    // What is left if all others take their least.
    private int MostOf(int index) => budget - (int)(least.Sum(k => (long)k) - least[index]);

    private double Mean(double[][] costs, int[] spread) => spread.Select((k, c) => k == 0 ? 0 : costs[c][k - 1]).Sum() / classes.Sum(c => c.Mass);

    private double? Measured(int[] spread)
    {
        var sum = 0.0;
        for (var c = 0; c < spread.Length; c++)
        {
            if (classes[c].Measured(spread[c]) is not { } distortion) return null;
            sum += classes[c].Mass * distortion;
        }
        return sum / classes.Sum(c => c.Mass);
    }
}
