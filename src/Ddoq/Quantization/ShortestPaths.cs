namespace Ddoq.Quantization;

/// <summary>The tree of one search between sinks.</summary>
internal sealed class ShortestPaths
{
    public ShortestPaths(int sinks)
    {
        (Distance, Before, Move) = (new double[sinks], new int[sinks], new (int, int)[sinks]);
        Array.Fill(Distance, double.PositiveInfinity);
        Array.Fill(Before, -1);
    }

    /// <summary>Length of the shortest path to each sink, K; infinite where there is none.</summary>
    public double[] Distance { get; }

    /// <summary>The sink before each on its path, K; -1 at a start.</summary>
    public int[] Before { get; }

    /// <summary>The move, as a pair of arcs of one source, by which the path enters each sink, K.</summary>
    public (int From, int To)[] Move { get; }

    /// <summary>Sinks with too little that were reached, the nearest first.</summary>
    public int[] Ends { get; private set; } = [];

    public bool FindEnds(double[] excess, double negligible)
    {
        Ends = [.. Enumerable.Range(0, excess.Length).Where(j => excess[j] < -negligible && double.IsFinite(Distance[j])).OrderBy(j => Distance[j])];
        return Ends.Length > 0;
    }

    /// <summary>Raises prices by the distances, which makes every edge of the tree 0 long and leaves none negative.</summary>
    public void RaisePrices(double[] prices)
    {
        var farthest = Distance.Where(double.IsFinite).Max();
        for (var j = 0; j < prices.Length; j++) prices[j] += Math.Min(Distance[j], farthest);
    }

    /// <summary>Moves from a sink with too much to <paramref name="end"/>, in order.</summary>
    public (int From, int To)[] PathTo(int end)
    {
        var path = new List<(int, int)>();
        for (var to = end; Before[to] >= 0; to = Before[to]) path.Add(Move[to]);
        path.Reverse();
        return [.. path];
    }
}
