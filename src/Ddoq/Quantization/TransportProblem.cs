namespace Ddoq.Quantization;

/// <summary>
/// The transportation problem between N sources and a few sinks, solved exactly: every source starts at the sink that is cheapest less the sink's price, then mass
/// flows from sinks with too much to sinks with too little along shortest paths between sinks. Moving mass of source i from sink j to l costs c_il - c_ij; a heap per
/// pair of sinks knows the cheapest i. Prices keep all lengths non-negative, so that Dijkstra's search finds the paths, and the flow stays optimal for the demands met
/// so far (successive shortest paths; Ahuja, Magnanti, Orlin 1993, ch. 9). Each search serves as many sinks as its tree can. With whole-number masses all arithmetic
/// on masses is exact. Memory: the arcs, their flows and up to one heap entry per arc and sink that its source visits, and 2 K^2 numbers.
/// </summary>
internal sealed class TransportProblem
{
    private readonly TransportArcs _arcs;
    private readonly double[] _flow;
    private readonly double[] _excess;
    private readonly double[] _prices;
    private readonly double _negligible;
    private readonly SinkGraph _graph;

    private TransportProblem(TransportArcs arcs, double[] supply, double[] demand, double[] prices)
    {
        _arcs = arcs;
        _flow = new double[arcs.Count];
        _excess = Array.ConvertAll(demand, d => -d);
        _prices = [.. prices];
        _negligible = 1e-13 * supply.Sum();
        _graph = new SinkGraph(arcs, _flow);
        for (var i = 0; i < supply.Length; i++)
            if (supply[i] > 0) Put(Cheapest(i), supply[i]);
        for (var j = 0; j < arcs.Sinks; j++) _graph.Refresh(j);
    }

    /// <summary>Least total cost, sum of flow times cost.</summary>
    /// <param name="costs">N x K, row-major, finite.</param>
    /// <param name="supply">N masses.</param>
    /// <param name="demand">K masses with the same sum.</param>
    public static double Cost(double[] costs, double[] supply, double[] demand)
    {
        if (costs.Length != (long)supply.Length * demand.Length) throw new ArgumentException($"{supply.Length} x {demand.Length} costs expected, got {costs.Length}.", nameof(costs));
        return Solve(TransportArcs.All(demand.Length, costs), supply, demand).TotalCost();
    }

    /// <summary>A plan of least cost.</summary>
    /// <param name="arcs">Permitted arcs.</param>
    /// <param name="supply">N masses.</param>
    /// <param name="demand">K masses with the same sum.</param>
    /// <param name="prices">Prices to start from, K; good ones leave little to do. Default: 0.</param>
    /// <param name="cancellation">Checked once per search.</param>
    public static TransportPlan Solve(TransportArcs arcs, double[] supply, double[] demand, double[]? prices = null, CancellationToken cancellation = default)
    {
        if (Math.Abs(supply.Sum() - demand.Sum()) > 1e-9 * supply.Sum()) throw new ArgumentException($"supply {supply.Sum()} and demand {demand.Sum()} differ.", nameof(demand));
        var problem = new TransportProblem(arcs, supply, demand, prices ?? new double[demand.Length]);
        while (problem.Advance()) cancellation.ThrowIfCancellationRequested();
        return new TransportPlan(arcs, problem._flow, problem._prices, !problem._excess.Any(e => e < -problem._negligible));
    }

    private int Cheapest(int source)
    {
        var start = source * _arcs.PerSource;
        var best = start;
        for (var a = start + 1; a < start + _arcs.PerSource; a++)
            if (_arcs.Cost(a) - _prices[_arcs.Sink(a)] < _arcs.Cost(best) - _prices[_arcs.Sink(best)]) best = a;
        return best;
    }

    // One search, and as many paths of its tree as still carry mass, the nearest first. False where nothing is left to do, or nothing can be done.
    private bool Advance()
    {
        var tree = _graph.Search(_prices, _excess, _negligible);
        if (tree is null) return false;
        tree.RaisePrices(_prices);
        var moved = false;
        foreach (var end in tree.Ends) moved |= Send(tree.PathTo(end), end);
        return moved;
    }

    // Along the path a source hands its place on; a move that an earlier path has used up ends the attempt.
    private bool Send((int From, int To)[] path, int end)
    {
        var surplus = _excess[_arcs.Sink(path[0].From)];
        if (surplus <= _negligible) return false;
        var amount = Math.Min(surplus, -_excess[end]);
        foreach (var (from, _) in path) amount = Math.Min(amount, _flow[from]);
        if (!(amount > 0)) return false;
        foreach (var (from, to) in path)
        {
            _flow[from] -= amount;
            _excess[_arcs.Sink(from)] -= amount;
            Put(to, amount);
        }
        foreach (var (from, _) in path) _graph.Refresh(_arcs.Sink(from));
        _graph.Refresh(end);
        return true;
    }

    private void Put(int arc, double amount)
    {
        _excess[_arcs.Sink(arc)] += amount;
        var isNew = _flow[arc] == 0;
        _flow[arc] += amount;
        if (isNew) _graph.Add(arc);
    }
}
