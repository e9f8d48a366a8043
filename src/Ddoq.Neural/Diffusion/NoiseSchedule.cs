namespace Ddoq.Neural.Diffusion;

/// <summary>
/// The forward process of a variance-preserving diffusion in T discrete steps: x_t = sqrt(a_t) x_0 + sqrt(1 - a_t) e,
/// with a_t (<see cref="AlphaBar"/>) falling from about 1 to about 0 and e standard normal.
/// </summary>
public sealed class NoiseSchedule
{
    private NoiseSchedule(string name, double[] alphaBar) => (Name, AlphaBar) = (name, alphaBar);

    /// <summary>"cosine", "linear" or "scaled_linear".</summary>
    public string Name { get; }

    /// <summary>a_t for t = 0..T-1, strictly falling, in (0, 1).</summary>
    public IReadOnlyList<double> AlphaBar { get; }

    /// <summary>T.</summary>
    public int Steps => AlphaBar.Count;

    /// <summary>Cosine schedule (Nichol and Dhariwal 2021, eq. 17; offset 0.008, steps clipped to beta 0.999).</summary>
    public static NoiseSchedule Cosine(int steps = 1000)
    {
        static double F(double u) => Math.Pow(Math.Cos((u + 0.008) / 1.008 * Math.PI / 2), 2);
        return FromBetas("cosine", t => Math.Min(1 - F((t + 1.0) / steps) / F((double)t / steps), 0.999), steps);
    }

    /// <summary>Linear betas (Ho et al. 2020), as DiT uses: 1e-4 to 0.02 over 1000 steps.</summary>
    public static NoiseSchedule Linear(int steps = 1000, double first = 1e-4, double last = 0.02) =>
        FromBetas("linear", t => first + (last - first) * t / (steps - 1), steps);

    /// <summary>Betas whose square roots are linear (Rombach et al. 2022), as Stable Diffusion v1.5 uses.</summary>
    public static NoiseSchedule ScaledLinear(int steps = 1000, double first = 0.00085, double last = 0.012) =>
        FromBetas("scaled_linear", t => Math.Pow(Math.Sqrt(first) + (Math.Sqrt(last) - Math.Sqrt(first)) * t / (steps - 1), 2), steps);

    /// <summary>A schedule by its name.</summary>
    /// <exception cref="Foundations.BadInputException">Unknown name.</exception>
    public static NoiseSchedule Named(string name) => name switch
    {
        "cosine" => Cosine(),
        "linear" => Linear(),
        "scaled_linear" => ScaledLinear(),
        _ => throw new Foundations.BadInputException($"noise schedule '{name}' is unknown: expected cosine, linear or scaled_linear."),
    };

    /// <summary>a_t.</summary>
    /// <exception cref="Foundations.BadInputException">No timestep of the schedule.</exception>
    public double At(int t) => t >= 0 && t < Steps
        ? AlphaBar[t]
        : throw new Foundations.BadInputException($"timestep {t} is outside the noise schedule: expected 0 to {Steps - 1}. Ask for fewer steps or a smaller offset.");

    /// <summary>Signal-to-noise ratio a_t / (1 - a_t).</summary>
    public double Snr(int t) => AlphaBar[t] / (1 - AlphaBar[t]);

    /// <summary>
    /// The first timestep whose SNR is at or below <paramref name="snr"/>: where a centroid enters the sampler. Given as
    /// SNR and not as a share of T, because equal shares of two schedules keep very different amounts of the centroid.
    /// </summary>
    public int TimestepAt(double snr)
    {
        if (!(snr > 0)) throw new ArgumentOutOfRangeException(nameof(snr), snr, "above 0");
        for (var t = 0; t < Steps; t++)
            if (Snr(t) <= snr) return t;
        return Steps - 1;
    }

    private static NoiseSchedule FromBetas(string name, Func<int, double> beta, int steps)
    {
        var (alphaBar, product) = (new double[steps], 1.0);
        for (var t = 0; t < steps; t++) alphaBar[t] = product *= 1 - beta(t);
        return new NoiseSchedule(name, alphaBar);
    }
}
