namespace Ddoq.Quantization;

/// <summary>
/// The state of CLVQ: for each sample x the nearest centroid c moves, c += gamma (x - c), and the running weights follow, w += gamma (e_c - w). Positions and
/// the search are float64, so that small steps late in a stream are not lost.
/// </summary>
internal sealed class CompetitiveLearner
{
    private readonly StepSize _step;
    private readonly int _dimension;
    private readonly double[] _positions;
    private readonly double[] _masses;
    private long _seen;

    /// <param name="start">K x D; copied.</param>
    /// <param name="dimension">D.</param>
    /// <param name="step">Step size.</param>
    public CompetitiveLearner(ReadOnlySpan<double> start, int dimension, StepSize step)
    {
        var count = start.Length / dimension;
        (_dimension, _step) = (dimension, step.For(count, dimension));
        _positions = start.ToArray();
        _masses = new double[count];
        Array.Fill(_masses, step.IsMacQueen ? step.InitialCount : 1.0 / count);
    }

    /// <summary>K x D.</summary>
    public ReadOnlySpan<double> Positions => _positions;

    /// <summary>Size of the last step.</summary>
    public double LastStep { get; private set; }

    /// <summary>MacQueen: mass that each cell has won, with the start's. Classical: running weights, sum 1.</summary>
    public ReadOnlySpan<double> Masses => _masses;

    /// <summary>Learns one sample and returns the winner. A weight is its mass relative to the mean mass.</summary>
    public int Learn(ReadOnlySpan<double> x, double weight = 1)
    {
        var winner = Nearest(x);
        if (weight > 0) Move(winner, x, LastStep = _step.IsMacQueen ? MacQueenStep(winner, weight) : ClassicalStep(winner, weight));
        return winner;
    }

    /// <summary>Running weights, sum 1.</summary>
    public double[] Weights()
    {
        var sum = _masses.Sum();
        return Array.ConvertAll(_masses, m => m / sum);
    }

    private double MacQueenStep(int winner, double weight)
    {
        _masses[winner] += weight;
        return weight / _masses[winner];
    }

    // A sample of weight w moves the winner as far as w steps of the same size onto it.
    private double ClassicalStep(int winner, double weight)
    {
        var gamma = _step.At(_seen++);
        if (weight != 1) gamma = 1 - Math.Pow(1 - gamma, weight);
        for (var k = 0; k < _masses.Length; k++) _masses[k] *= 1 - gamma;
        _masses[winner] += gamma;
        return gamma;
    }

    // The first one at a tie.
    private int Nearest(ReadOnlySpan<double> x)
    {
        var (nearest, least) = (0, double.PositiveInfinity);
        for (var k = 0; k < _masses.Length; k++)
        {
            var d = DistanceKernel.SquaredDistance(x, _positions.AsSpan(k * _dimension, _dimension));
            if (d < least) (nearest, least) = (k, d);
        }
        return nearest;
    }

    private void Move(int winner, ReadOnlySpan<double> x, double gamma)
    {
        var position = _positions.AsSpan(winner * _dimension, _dimension);
        for (var j = 0; j < x.Length; j++) position[j] += gamma * (x[j] - position[j]);
    }
}
