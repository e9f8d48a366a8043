using Ddoq.Foundations;

namespace Ddoq.Neural.Diffusion;

/// <summary>The walk of <see cref="PndmSampler"/> over timesteps.</summary>
public static class Pndm
{
    /// <summary>Timesteps with the second one twice: the first step is repeated with a better slope.</summary>
    public static int[] Repeating(int[] falling) => falling.Length < 2 ? falling : [falling[0], falling[1], .. falling[1..]];

    /// <summary>Number of steps that <see cref="WithRungeKutta"/> puts in front.</summary>
    public const int RungeKuttaSteps = 12;

    /// <summary>Three steps in four quarters each (at the start, twice at half, at the end), then the rest.</summary>
    /// <exception cref="BadInputException">Fewer than four timesteps.</exception>
    public static int[] WithRungeKutta(int[] falling, int stride)
    {
        if (falling.Length < 4) throw new BadInputException($"Runge-Kutta steps of PNDM (skip_prk_steps false) need at least 4 steps, {falling.Length} asked. Ask for more.");
        var half = stride / 2;
        return [.. falling.Take(3).SelectMany((t, i) => new[] { t, falling[i + 1] + half, falling[i + 1] + half, falling[i + 1] }), .. falling[3..]];
    }

    /// <summary>A grid with its first step twice, the second time asking at the timestep where it ends.</summary>
    public static StepGrid Repeating(StepGrid grid) => grid.Steps.Count < 2 ? grid
        : new([grid.Steps[0], grid.Steps[0] with { Timestep = grid.Steps[1].Timestep }, .. grid.Steps.Skip(1)], grid.Planned + 1);

    /// <summary>Steps over <paramref name="timesteps"/>: the second goes over the first once more. <paramref name="rungeKutta"/> steps come before in groups of four.</summary>
    public static StepGrid Grid(NoiseSchedule schedule, IReadOnlyList<int> timesteps, int stride, double final, int rungeKutta = 0)
    {
        double At(int t) => t < 0 ? final : schedule.At(t);
        NoiseStep Step(int t, int i) => i < rungeKutta
            ? new NoiseStep(t, At(timesteps[i / 4 * 4]), At(i % 2 == 0 ? t - stride / 2 : t))
            : i == 1 ? new NoiseStep(t, At(t + stride), At(t)) : new NoiseStep(t, At(t), At(t - stride));
        return new StepGrid([.. timesteps.Select(Step)], timesteps.Count);
    }
}
