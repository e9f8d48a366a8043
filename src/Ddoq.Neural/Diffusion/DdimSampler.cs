using static TorchSharp.torch;

namespace Ddoq.Neural.Diffusion;

/// <summary>Predicts at (x_t, t); a sampler knows no more of a network.</summary>
public delegate Tensor Denoiser(Tensor noised, int timestep);

/// <summary>Deterministic sampler (DDIM with eta 0; Song et al. 2021, eq. 12): from x_t down an even grid of timesteps to x_0.</summary>
/// <param name="Schedule">Forward process.</param>
/// <param name="Prediction">What the denoiser predicts.</param>
public sealed record DdimSampler(NoiseSchedule Schedule, Prediction Prediction)
{
    /// <summary>Denoises <paramref name="start"/>, which is at timestep <paramref name="startTimestep"/>, in <paramref name="steps"/> calls of the denoiser.</summary>
    public Tensor Sample(Denoiser denoiser, Tensor start, int startTimestep, int steps) => Sample(denoiser, start, Grid(startTimestep, steps));

    /// <summary>Denoises <paramref name="start"/>, which is at the first of the falling timesteps <paramref name="grid"/>, through all of them to x_0.</summary>
    public Tensor Sample(Denoiser denoiser, Tensor start, IReadOnlyList<int> grid)
    {
        using var scope = NewDisposeScope();
        var x = start.alias();
        for (var i = 0; i < grid.Count; i++)
        {
            using var step = NewDisposeScope();
            var (now, next) = (Schedule.AlphaBar[grid[i]], i + 1 < grid.Count ? Schedule.AlphaBar[grid[i + 1]] : 1.0);
            var predicted = denoiser(x, grid[i]);
            var clean = Prediction.Clean(x, predicted, now);
            var noise = Prediction.Noise(x, predicted, now);
            x = (Math.Sqrt(next) * clean + Math.Sqrt(1 - next) * noise).MoveToOuterDisposeScope();
        }
        return x.MoveToOuterDisposeScope();
    }

    /// <summary>Falling timesteps from <paramref name="start"/>, evenly spaced towards 0, without repeats; all of them where <paramref name="steps"/> exceeds their number.</summary>
    public static int[] Grid(int start, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        if (steps > start) return [.. Enumerable.Range(0, start + 1).Select(i => start - i)];
        return [.. Enumerable.Range(0, steps).Select(i => (int)Math.Round(start * (1 - i / (double)steps)))]; // at least 1 apart, so rounding repeats none
    }
}
