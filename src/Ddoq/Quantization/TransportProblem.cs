namespace Ddoq.Quantization;

/// <summary>
/// The transportation problem between N sources and a few sinks, solved exactly: every source starts at its cheapest sink, then mass flows from sinks with too much
/// to sinks with too little along shortest paths between sinks. Moving mass of source i from sink j to l costs c_il - c_ij; a heap per pair of sinks knows
/// the cheapest i. Successive shortest paths keep the flow optimal for the demands met so far (Ahuja, Magnanti, Orlin 1993, ch. 9).
/// With whole-number masses all arithmetic on masses is exact. Memory: N x K flows and costs and about as many heap entries.
/// </summary>
internal sealed class TransportProblem
{
    private readonly double[] _costs;
    private readonly double[] _flow;
    private readonly double[] _excess;
    private readonly int _sinks;
    private readonly double _negligible;
    private readonly double _margin;
    private readonly PriorityQueue<int, double>[] _movable;
    private readonly double[] _edge;

    private TransportProblem(double[] costs, double[] supply, double[] demand)
    {
        (_costs, _sinks) = (costs, demand.Length);
        _flow = new double[costs.Length];
        _excess = Array.ConvertAll(demand, d => -d);
        _negligible = 1e-13 * supply.Sum();
        _margin = 1e-14 * costs.Max(Math.Abs);
        _edge = new double[_sinks * _sinks];
        _movable = [.. Enumerable.Range(0, _sinks * _sinks).Select(_ => new PriorityQueue<int, double>())];
        for (var i = 0; i < supply.Length; i++)
            if (supply[i] > 0) Put(i, Cheapest(i), supply[i]);
        for (var j = 0; j < _sinks; j++) RefreshEdges(j);
    }

    /// <summary>Least total cost, sum of flow times cost.</summary>
    /// <param name="costs">N x K, row-major, finite.</param>
    /// <param name="supply">N masses.</param>
    /// <param name="demand">K masses with the same sum.</param>
    public static double Cost(double[] costs, double[] supply, double[] demand)
    {
        if (costs.Length != (long)supply.Length * demand.Length) throw new ArgumentException($"{supply.Length} x {demand.Length} costs expected, got {costs.Length}.", nameof(costs));
        if (Math.Abs(supply.Sum() - demand.Sum()) > 1e-9 * supply.Sum()) throw new ArgumentException($"supply {supply.Sum()} and demand {demand.Sum()} differ.", nameof(demand));
        var problem = new TransportProblem(costs, supply, demand);
        while (problem.Augment()) { }
        return problem.TotalCost();
    }

    private int Cheapest(int source)
    {
        var best = 0;
        for (var j = 1; j < _sinks; j++)
            if (_costs[source * _sinks + j] < _costs[source * _sinks + best]) best = j;
        return best;
    }

    // Sends as much as fits along one cheapest path; false when every demand is met.
    private bool Augment()
    {
        var (before, distance) = ShortestPaths();
        var end = CheapestDeficit(distance);
        if (end < 0) return false;
        var path = PathTo(end, before);
        var amount = Math.Min(_excess[path[0].From], -_excess[end]);
        foreach (var (from, _, source) in path) amount = Math.Min(amount, _flow[source * _sinks + from]);
        foreach (var (from, to, source) in path) Shift(source, from, to, amount);
        foreach (var (from, to, _) in path)
        {
            RefreshEdges(from);
            RefreshEdges(to);
        }
        return true;
    }

    // Bellman and Ford over the sinks, started from all that have too much. Residual costs may be negative, cycles are not (up to rounding, hence the margin).
    private (int[] Before, double[] Distance) ShortestPaths()
    {
        var before = new int[_sinks];
        var distance = new double[_sinks];
        for (var j = 0; j < _sinks; j++) (before[j], distance[j]) = (-1, _excess[j] > _negligible ? 0 : double.PositiveInfinity);
        var changed = true;
        for (var round = 0; changed && round < _sinks; round++)
        {
            changed = false;
            for (var j = 0; j < _sinks; j++)
                for (var l = 0; l < _sinks; l++)
                {
                    var through = distance[j] + _edge[j * _sinks + l];
                    if (!(through < distance[l] - _margin)) continue;
                    (before[l], distance[l], changed) = (j, through, true);
                }
        }
        return (before, distance);
    }

    private int CheapestDeficit(double[] distance)
    {
        var end = -1;
        for (var j = 0; j < _sinks; j++)
            if (_excess[j] < -_negligible && double.IsFinite(distance[j]) && (end < 0 || distance[j] < distance[end])) end = j;
        return end;
    }

    private List<(int From, int To, int Source)> PathTo(int end, int[] before)
    {
        var path = new List<(int, int, int)>();
        for (var to = end; before[to] >= 0; to = before[to])
        {
            if (path.Count > _sinks) throw new InvalidOperationException("the residual costs hold a negative cycle; costs must be finite.");
            path.Add((before[to], to, _movable[before[to] * _sinks + to].Peek()));
        }
        path.Reverse();
        return path;
    }

    private void Shift(int source, int from, int to, double amount)
    {
        _flow[source * _sinks + from] -= amount;
        _excess[from] -= amount;
        Put(source, to, amount);
    }

    // A source that is new at a sink becomes movable from it to every other sink.
    private void Put(int source, int sink, double amount)
    {
        ref var flow = ref _flow[source * _sinks + sink];
        var isNew = flow == 0;
        flow += amount;
        _excess[sink] += amount;
        if (!isNew) return;
        for (var l = 0; l < _sinks; l++)
            if (l != sink) _movable[sink * _sinks + l].Enqueue(source, _costs[source * _sinks + l] - _costs[source * _sinks + sink]);
    }

    // Heaps are cleaned lazily: entries whose source has left the sink go when they come to the top.
    private void RefreshEdges(int from)
    {
        for (var to = 0; to < _sinks; to++)
        {
            var heap = _movable[from * _sinks + to];
            while (heap.Count > 0 && _flow[heap.Peek() * _sinks + from] == 0) heap.Dequeue();
            _edge[from * _sinks + to] = heap.TryPeek(out _, out var cost) ? cost : double.PositiveInfinity;
        }
    }

    private double TotalCost()
    {
        var total = 0.0;
        for (var e = 0; e < _flow.Length; e++) total += _flow[e] * _costs[e];
        return total;
    }
}
