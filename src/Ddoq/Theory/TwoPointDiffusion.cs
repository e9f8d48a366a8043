using Ddoq.Foundations;

namespace Ddoq.Theory;

/// <summary>
/// The reverse process of two points of mass 1/2 at -R and R, whose score is known exactly: (-x + m R tanh(m R x / v)) / v at noise variance v and signal factor m.
/// It attains the constant of the probability flow (<see cref="ReverseProcessConstants"/>) at x = 0.
/// </summary>
public sealed class TwoPointDiffusion
{
    private readonly double _radius;
    private readonly bool _preserving;

    /// <summary>Creates the process.</summary>
    /// <param name="radius">R, positive.</param>
    /// <param name="variancePreserving">Whether m = sqrt(1 - v) (variance-preserving noise) or m = 1 (variance-exploding).</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="radius"/> is not positive.</exception>
    public TwoPointDiffusion(double radius, bool variancePreserving = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(radius);
        (_radius, _preserving) = (radius, variancePreserving);
    }

    /// <summary>Score of the noised measure, d/dx log p.</summary>
    /// <param name="x">Place.</param>
    /// <param name="variance">v, positive; below 1 for variance-preserving noise.</param>
    public double Score(double x, double variance)
    {
        var r = Signal(variance) * _radius;
        return (-x + r * Math.Tanh(r * x / variance)) / variance;
    }

    /// <summary>Where the probability-flow ODE carries a point, by the classical Runge-Kutta method of order 4 in log v.</summary>
    /// <param name="x">Place at variance <paramref name="startVariance"/>.</param>
    /// <param name="startVariance">v_T.</param>
    /// <param name="endVariance">v_delta.</param>
    /// <param name="steps">Steps; the error falls with their fourth power.</param>
    public double Flow(double x, double startVariance, double endVariance, int steps = 2000)
    {
        var h = Math.Log(endVariance / startVariance) / steps;
        for (var i = 0; i < steps; i++)
        {
            var s = Math.Log(startVariance) + i * h;
            var k1 = FlowSlope(x, s);
            var k2 = FlowSlope(x + h / 2 * k1, s + h / 2);
            var k3 = FlowSlope(x + h / 2 * k2, s + h / 2);
            var k4 = FlowSlope(x + h * k3, s + h);
            x += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
        }
        return x;
    }

    /// <summary>
    /// Two points under the reverse SDE with the same noise (synchronous coupling), by the Euler-Maruyama method with equal steps of log v. Returns how much farther
    /// apart they end than they started.
    /// </summary>
    /// <param name="x">First place at variance <paramref name="startVariance"/>.</param>
    /// <param name="y">Second place, different.</param>
    /// <param name="startVariance">v_T.</param>
    /// <param name="endVariance">v_delta.</param>
    /// <param name="noise">Source of the noise.</param>
    /// <param name="steps">Steps.</param>
    public double CoupledStretch(double x, double y, double startVariance, double endVariance, ref SplitMix noise, int steps = 1000)
    {
        var before = Math.Abs(x - y);
        var ratio = Math.Pow(endVariance / startVariance, 1.0 / steps);
        var v = startVariance;
        for (var i = 0; i < steps; i++, v *= ratio)
        {
            var dv = v * (1 - ratio);
            var kick = Math.Sqrt(Diffusion(v) * dv) * noise.NextGaussian();
            (x, y) = (x + dv * Drift(x, v) + kick, y + dv * Drift(y, v) + kick);
        }
        return Math.Abs(x - y) / before;
    }

    private double Signal(double variance) => _preserving ? Math.Sqrt(1 - variance) : 1;

    // Both processes run in v, which decreases. Exploding: dv = g^2 dt. Preserving: dv = beta (1 - v) dt, with a drift -beta x / 2 of its own.
    private double Diffusion(double v) => _preserving ? 1 / (1 - v) : 1;

    private double Drift(double x, double v) => _preserving ? (x / 2 + Score(x, v)) / (1 - v) : Score(x, v);

    // dx / d(log v) of the flow: -v/2 times score, or -v/2 times (x + score) / (1 - v).
    private double FlowSlope(double x, double logVariance)
    {
        var v = Math.Exp(logVariance);
        return _preserving ? -v / 2 * (x + Score(x, v)) / (1 - v) : -v / 2 * Score(x, v);
    }
}
