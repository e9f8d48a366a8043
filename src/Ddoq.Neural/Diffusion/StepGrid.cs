using Ddoq.Foundations;
using static TorchSharp.torch;

namespace Ddoq.Neural.Diffusion;

/// <summary>One step of a sampler: the network is asked at <paramref name="Timestep"/>, the sample goes from one noise level to a lower one.</summary>
/// <param name="Timestep">What the network is given.</param>
/// <param name="From">Alpha bar of the sample before the step, in (0, 1).</param>
/// <param name="To">Alpha bar after it; 1 is no noise.</param>
public readonly record struct NoiseStep(int Timestep, double From, double To)
{
    /// <summary>sqrt((1 - From) / From): the noise level of <see cref="From"/> where the data are not scaled (Karras et al. 2022).</summary>
    public double SigmaFrom => Math.Sqrt((1 - From) / From);

    /// <summary>The noise level of <see cref="To"/> in the same scale.</summary>
    public double SigmaTo => Math.Sqrt((1 - To) / To);

    /// <summary>beta of the step, over however many timesteps it goes: 1 - From / To.</summary>
    public double Beta => 1 - From / To;

    /// <summary>Variance of q(x_To | x_From, x_0) (Ho et al. 2020, eq. 7).</summary>
    public double PosteriorVariance => (1 - To) / (1 - From) * Beta;

    /// <summary>Weight of x_0 in the mean of that distribution.</summary>
    public double PosteriorOfClean => Math.Sqrt(To) * Beta / (1 - From);

    /// <summary>Weight of x_From in it.</summary>
    public double PosteriorOfNoised => Math.Sqrt(From / To) * (1 - To) / (1 - From);

    /// <summary>sqrt(From) clean + sqrt(1 - From) noise: the sample with which this step begins.</summary>
    public Tensor Noised(Tensor clean, Tensor noise) => Math.Sqrt(From) * clean + Math.Sqrt(1 - From) * noise;
}

/// <summary>The steps of one sampling run.</summary>
/// <param name="Steps">Steps, noisiest first.</param>
/// <param name="Planned">Number of steps of the whole grid of which these are the end: solvers choose their last orders by it.</param>
public sealed record StepGrid(IReadOnlyList<NoiseStep> Steps, int Planned)
{
    /// <summary>Timesteps at which the network is asked.</summary>
    public IEnumerable<int> Timesteps => Steps.Select(s => s.Timestep);

    /// <summary>From each timestep to the next, and from the last to no noise.</summary>
    /// <exception cref="BadInputException">A timestep outside the schedule.</exception>
    public static StepGrid Through(NoiseSchedule schedule, IReadOnlyList<int> timesteps) =>
        new([.. timesteps.Select((t, i) => new NoiseStep(t, schedule.At(t), i + 1 < timesteps.Count ? schedule.At(timesteps[i + 1]) : 1))], timesteps.Count);

    /// <summary>From each timestep t to t - <paramref name="stride"/>, whatever the next one is: so diffusers' DDIM and DDPM walk. Below 0 stands <paramref name="final"/>.</summary>
    /// <exception cref="BadInputException">A timestep outside the schedule.</exception>
    public static StepGrid Striding(NoiseSchedule schedule, IReadOnlyList<int> timesteps, int stride, double final) =>
        new([.. timesteps.Select(t => new NoiseStep(t, schedule.At(t), t >= stride ? schedule.At(t - stride) : final))], timesteps.Count);

    /// <summary>Evenly spaced timesteps from <paramref name="start"/> towards 0, without repeats; all of them where <paramref name="steps"/> exceeds their number.</summary>
    public static StepGrid Even(NoiseSchedule schedule, int start, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        if (steps > start) return Through(schedule, [.. Enumerable.Range(0, start + 1).Select(i => start - i)]);
        return Through(schedule, [.. Enumerable.Range(0, steps).Select(i => (int)Math.Round(start * (1 - i / (double)steps)))]); // at least 1 apart, so rounding repeats none
    }

    /// <summary>The grid without its first steps.</summary>
    public StepGrid From(int first) => this with { Steps = [.. Steps.Skip(first)] };
}
