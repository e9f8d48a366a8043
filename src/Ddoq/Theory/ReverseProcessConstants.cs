namespace Ddoq.Theory;

/// <summary>
/// How much the exact reverse process of a diffusion can stretch the distance W2 between two distributions on the way from noise variance v_T down to v_delta,
/// for data inside a ball of radius R: W2(mu_delta, nu_delta) &lt;= C W2(mu_T, nu_T). Derived from the Hessian of log p, which is at most
/// (m^2 R^2 / v^2 - 1 / v) I, with Gronwall's inequality. C grows as exp(R^2 / v_delta): there is no bound at image time. The dimension does not enter.
/// </summary>
public static class ReverseProcessConstants
{
    /// <summary>
    /// Probability-flow ODE: C = sqrt(v_delta / v_T) exp(R^2/2 (1/v_delta - 1/v_T)), the same for variance-exploding and variance-preserving noise. Attained by
    /// two points at distance R from 0.
    /// </summary>
    /// <param name="radius">R, at least 0.</param>
    /// <param name="endVariance">v_delta, positive.</param>
    /// <param name="startVariance">v_T, at least v_delta.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static double ProbabilityFlow(double radius, double endVariance, double startVariance)
    {
        Check(radius, endVariance, startVariance);
        return Math.Sqrt(endVariance / startVariance) * Math.Exp(radius * radius / 2 * (1 / endVariance - 1 / startVariance));
    }

    /// <summary>Reverse SDE with variance-exploding noise, both sides driven by the same Brownian motion: C = (v_delta / v_T) exp(R^2 (1/v_delta - 1/v_T)).</summary>
    /// <inheritdoc cref="ProbabilityFlow"/>
    public static double ReverseSde(double radius, double endVariance, double startVariance)
    {
        Check(radius, endVariance, startVariance);
        return endVariance / startVariance * Math.Exp(radius * radius * (1 / endVariance - 1 / startVariance));
    }

    /// <summary>The same with variance-preserving noise: m_T / m_delta times <see cref="ReverseSde"/>, where m = sqrt(1 - v) is the signal factor.</summary>
    /// <param name="radius">R, at least 0.</param>
    /// <param name="endVariance">v_delta, in (0, 1).</param>
    /// <param name="startVariance">v_T, at least v_delta, less than 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static double ReverseSdeVariancePreserving(double radius, double endVariance, double startVariance)
    {
        if (!(startVariance < 1)) throw new ArgumentOutOfRangeException(nameof(startVariance), startVariance, "variance-preserving noise has a variance less than 1.");
        return Math.Sqrt((1 - startVariance) / (1 - endVariance)) * ReverseSde(radius, endVariance, startVariance);
    }

    private static void Check(double radius, double endVariance, double startVariance)
    {
        if (!(radius >= 0)) throw new ArgumentOutOfRangeException(nameof(radius), radius, "a radius is at least 0.");
        if (!(endVariance > 0)) throw new ArgumentOutOfRangeException(nameof(endVariance), endVariance, "a noise variance is positive.");
        if (!(startVariance >= endVariance && double.IsFinite(startVariance))) throw new ArgumentOutOfRangeException(nameof(startVariance), startVariance, $"the start has at least the variance of the end, {endVariance}.");
    }
}
