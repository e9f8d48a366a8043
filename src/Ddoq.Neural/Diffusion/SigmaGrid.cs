namespace Ddoq.Neural.Diffusion;

/// <summary>Grids that are given by noise levels sigma = sqrt((1 - a) / a), as DPM-Solver uses.</summary>
public static class SigmaGrid
{
    /// <summary>From each timestep to the next one, and from the last to <paramref name="final"/> (an alpha bar).</summary>
    public static StepGrid Through(NoiseSchedule schedule, IReadOnlyList<int> timesteps, double final) =>
        Chain(timesteps, [.. timesteps.Select(schedule.At)], final);

    /// <summary>Levels whose seventh roots are even (Karras et al. 2022, eq. 5) between the largest and smallest of the schedule; the network gets the nearest timesteps.</summary>
    public static StepGrid Karras(NoiseSchedule schedule, int count, double final)
    {
        const double rho = 7;
        var (low, high) = (Math.Pow(Sigma(schedule.AlphaBar[0]), 1 / rho), Math.Pow(Sigma(schedule.AlphaBar[^1]), 1 / rho));
        double[] sigmas = [.. Enumerable.Range(0, count).Select(i => Math.Pow(high + (count == 1 ? 0 : i / (count - 1.0)) * (low - high), rho))];
        return Chain([.. sigmas.Select(s => NearestTimestep(schedule, s))], [.. sigmas.Select(s => 1 / (1 + s * s))], final);
    }

    private static StepGrid Chain(IReadOnlyList<int> timesteps, double[] alphaBars, double final) =>
        new([.. timesteps.Select((t, i) => new NoiseStep(t, alphaBars[i], i + 1 < alphaBars.Length ? alphaBars[i + 1] : final))], alphaBars.Length);

    // Interpolates in log sigma, which rises with the timestep.
    private static int NearestTimestep(NoiseSchedule schedule, double sigma)
    {
        var below = 0;
        while (below < schedule.Steps - 2 && Sigma(schedule.AlphaBar[below + 1]) <= sigma) below++;
        var (low, high) = (Math.Log(Sigma(schedule.AlphaBar[below])), Math.Log(Sigma(schedule.AlphaBar[below + 1])));
        return (int)Math.Round(below + Math.Clamp((Math.Log(sigma) - low) / (high - low), 0, 1));
    }

    private static double Sigma(double alphaBar) => Math.Sqrt((1 - alphaBar) / alphaBar);
}
