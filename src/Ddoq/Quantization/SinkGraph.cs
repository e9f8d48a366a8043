namespace Ddoq.Quantization;

/// <summary>
/// The sinks of a transportation problem and, for each pair of them, the cheapest move of a source's mass from one to the other. Heaps are cleaned lazily: an entry whose
/// source has left the sink goes when it comes to the top.
/// </summary>
internal sealed class SinkGraph(TransportArcs arcs, double[] flow)
{
    private readonly int _sinks = arcs.Sinks;
    private readonly PriorityQueue<(int From, int To), double>?[] _moves = new PriorityQueue<(int, int), double>?[arcs.Sinks * arcs.Sinks];
    private readonly double[] _lengths = Lengths(arcs.Sinks);

    /// <summary>A source that is new at a sink becomes movable to every other sink that it has an arc to.</summary>
    public void Add(int arc)
    {
        var (sink, start) = (arcs.Sink(arc), arcs.Source(arc) * arcs.PerSource);
        for (var other = start; other < start + arcs.PerSource; other++)
            if (other != arc) (_moves[sink * _sinks + arcs.Sink(other)] ??= new()).Enqueue((arc, other), arcs.Cost(other) - arcs.Cost(arc));
    }

    /// <summary>Finds the cheapest moves out of a sink anew.</summary>
    public void Refresh(int sink)
    {
        for (var to = 0; to < _sinks; to++)
        {
            if (_moves[sink * _sinks + to] is not { } moves) continue;
            while (moves.Count > 0 && flow[moves.Peek().From] == 0) moves.Dequeue();
            _lengths[sink * _sinks + to] = moves.TryPeek(out _, out var cost) ? cost : double.PositiveInfinity;
        }
    }

    /// <summary>Shortest paths from all sinks with too much; null where no sink with too little is reached. Time K^2.</summary>
    /// <param name="prices">Prices under which no length is negative, K.</param>
    /// <param name="excess">Mass less demand, K.</param>
    /// <param name="negligible">Excess that counts as none.</param>
    public ShortestPaths? Search(double[] prices, double[] excess, double negligible)
    {
        var paths = new ShortestPaths(_sinks);
        for (var j = 0; j < _sinks; j++)
            if (excess[j] > negligible) paths.Distance[j] = 0;
        var done = new bool[_sinks];
        for (var next = Nearest(paths.Distance, done); next >= 0; next = Nearest(paths.Distance, done))
        {
            done[next] = true;
            Relax(next, prices, paths, done);
        }
        return paths.FindEnds(excess, negligible) ? paths : null;
    }

    // Rounding can leave a length a little below 0.
    private void Relax(int from, double[] prices, ShortestPaths paths, bool[] done)
    {
        var lengths = _lengths.AsSpan(from * _sinks, _sinks);
        for (var to = 0; to < _sinks; to++)
        {
            if (done[to]) continue;
            var through = paths.Distance[from] + Math.Max(0, lengths[to] + prices[from] - prices[to]);
            if (!(through < paths.Distance[to])) continue;
            paths.Distance[to] = through;
            paths.Move[to] = _moves[from * _sinks + to]!.Peek();
            paths.Before[to] = from;
        }
    }

    private static int Nearest(double[] distance, bool[] done)
    {
        var nearest = -1;
        for (var j = 0; j < distance.Length; j++)
            if (!done[j] && double.IsFinite(distance[j]) && (nearest < 0 || distance[j] < distance[nearest])) nearest = j;
        return nearest;
    }

    private static double[] Lengths(int sinks)
    {
        var lengths = new double[checked(sinks * sinks)];
        Array.Fill(lengths, double.PositiveInfinity);
        return lengths;
    }
}
