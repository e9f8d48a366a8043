using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;

namespace Ddoq.Neural.Diffusion;

/// <summary>A scheduler_config.json of diffusers: the noise schedule, the sampler and how it spreads its timesteps.</summary>
/// <param name="Schedule">Forward process.</param>
/// <param name="Sampler">The algorithm.</param>
/// <param name="Spacing">Spread of the timesteps.</param>
/// <param name="Offset">Added to leading timesteps.</param>
/// <param name="Final">Alpha bar after the last step.</param>
/// <param name="IsKarras">Whether noise levels instead of timesteps are spread (DPM-Solver only).</param>
public sealed record DiffusersScheduler(NoiseSchedule Schedule, ISampler Sampler, TimestepSpacing Spacing, int Offset, double Final, bool IsKarras = false)
{
    /// <summary>Reads DDPMScheduler, DDIMScheduler, PNDMScheduler and DPMSolverMultistepScheduler (as _class_name).</summary>
    /// <exception cref="BadInputException">Another class, or a setting that is not supported; both by name.</exception>
    public static DiffusersScheduler Read(NetworkConfig config)
    {
        var (kind, (schedule, prediction)) = (config.Text("_class_name", ""), ReadForwardProcess(config));
        config.Ignore("dynamic_thresholding_ratio", "sample_max_value"); // thresholding itself is refused
        var clip = ReadClip(config, kind);
        var scheduler = kind switch
        {
            "DDPMScheduler" => Build(new DdpmSampler(prediction) { Variance = ReadVariance(config), Clip = clip }, 1),
            "DDIMScheduler" => Build(new DdimSampler(prediction) { Clip = clip }, LastLevel(config, schedule, true)),
            "PNDMScheduler" => Build(new PndmSampler(prediction) { RungeKuttaSteps = config.Flag("skip_prk_steps", false) ? 0 : Pndm.RungeKuttaSteps }, LastLevel(config, schedule, false)),
            "DPMSolverMultistepScheduler" => Build(ReadSolver(config, prediction), ReadFinalSigma(config, schedule)) with { IsKarras = config.Flag("use_karras_sigmas", false) },
            _ => throw new BadInputException($"'{config.Path}': scheduler '{kind}' is not supported: expected DDPMScheduler, DDIMScheduler, PNDMScheduler or DPMSolverMultistepScheduler."),
        };
        config.RefuseTheRest();
        return scheduler;

        DiffusersScheduler Build(ISampler sampler, double final) =>
            new(schedule, sampler, ReadSpacing(config, sampler is DpmSolverSampler ? "linspace" : "leading"), config.Whole("steps_offset", 0), final);
    }

    /// <summary>A sampler of ours on a model's forward process, with the spread of timesteps that its publishers use.</summary>
    /// <param name="kind">Any but <see cref="SamplerKind.Own"/>.</param>
    /// <param name="schedule">Forward process.</param>
    /// <param name="prediction">What the denoiser predicts.</param>
    /// <param name="learnedVariance">Whether its output carries a second half for the variance, which ancestral sampling then uses.</param>
    public static DiffusersScheduler Of(SamplerKind kind, NoiseSchedule schedule, Prediction prediction, bool learnedVariance = false) => kind switch
    {
        SamplerKind.Ddim => new(schedule, new DdimSampler(prediction), TimestepSpacing.Leading, 0, 1),
        SamplerKind.Ddpm => new(schedule, new DdpmSampler(prediction) { Variance = learnedVariance ? StepVariance.Learned : StepVariance.FixedSmall }, TimestepSpacing.Leading, 0, 1),
        SamplerKind.Pndm => new(schedule, new PndmSampler(prediction), TimestepSpacing.Leading, 1, schedule.AlphaBar[0]), // as Stable Diffusion v1.5 ships it
        SamplerKind.DpmSolver => new(schedule, new DpmSolverSampler(prediction), TimestepSpacing.Linspace, 0, 1),
        SamplerKind.Euler => new(schedule, new FlowSampler(prediction, Correct: false), TimestepSpacing.Leading, 0, 1),
        SamplerKind.Heun => new(schedule, new FlowSampler(prediction), TimestepSpacing.Leading, 0, 1),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "the model's own sampler is read from its folder"),
    };

    /// <summary>
    /// The sampler and its steps from a timestep down to no noise, evenly spread; <paramref name="count"/> of them, fewer where there are not so many timesteps.
    /// The table of <see cref="Plan"/> plays no part, nor do PNDM's Runge-Kutta steps and Karras' levels, which begin at the top.
    /// </summary>
    public (ISampler Sampler, StepGrid Grid) From(int timestep, int count)
    {
        var even = StepGrid.Even(Schedule, timestep, count);
        return Sampler is PndmSampler pndm ? (pndm with { RungeKuttaSteps = 0 }, Pndm.Repeating(even)) : (Sampler, even);
    }

    /// <summary>What says how the network was trained; the rest of the file is about sampling.</summary>
    internal static (NoiseSchedule Schedule, Prediction Prediction) ReadForwardProcess(NetworkConfig config) => (ReadSchedule(config), ReadPrediction(config));

    /// <summary>Falling timesteps at which <paramref name="count"/> steps ask the network (PNDM asks more often).</summary>
    public int[] Table(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (IsKarras) return [.. SigmaGrid.Karras(Schedule, count, Final).Timesteps];
        if (Sampler is DpmSolverSampler) return Timesteps.SpreadOpen(Spacing, Schedule.Steps, count, Offset);
        var table = Timesteps.Spread(Spacing, Schedule.Steps, count, Offset);
        return Sampler switch
        {
            PndmSampler { RungeKuttaSteps: > 0 } => Pndm.WithRungeKutta(table, Schedule.Steps / count),
            PndmSampler => Pndm.Repeating(table),
            _ => table,
        };
    }

    /// <summary>Steps of a run of <paramref name="count"/>, of which <paramref name="strength"/> below 1 leaves out the first (an image is noised to the first that is left).</summary>
    /// <exception cref="BadInputException">A timestep outside the schedule, or Runge-Kutta steps with a strength below 1.</exception>
    public StepGrid Plan(int count, double strength = 1)
    {
        var (table, first, stride) = (Table(count), Timesteps.FirstAt(count, strength), Schedule.Steps / count);
        var rungeKutta = Sampler is PndmSampler p ? p.RungeKuttaSteps : 0;
        if (rungeKutta > 0 && first > 0) throw new BadInputException("Runge-Kutta steps of PNDM (skip_prk_steps false) must start at the first timestep. Set skip_prk_steps to true, or strength to 1.");
        return Sampler switch
        {
            DpmSolverSampler when IsKarras => SigmaGrid.Karras(Schedule, count, Final).From(first),
            DpmSolverSampler => SigmaGrid.Through(Schedule, table, Final).From(first),
            PndmSampler => Pndm.Grid(Schedule, table[first..], stride, Final, rungeKutta),
            _ => StepGrid.Striding(Schedule, table[first..], stride, Final),
        };
    }

    private static NoiseSchedule ReadSchedule(NetworkConfig c)
    {
        var (steps, first, last, name) = (c.Whole("num_train_timesteps", 1000), c.Number("beta_start", 1e-4), c.Number("beta_end", 0.02), c.Text("beta_schedule", "linear"));
        return name switch
        {
            "linear" => NoiseSchedule.Linear(steps, first, last),
            "scaled_linear" => NoiseSchedule.ScaledLinear(steps, first, last),
            "squaredcos_cap_v2" => NoiseSchedule.Cosine(steps),
            _ => throw Unknown(c, "beta_schedule", name, "linear, scaled_linear or squaredcos_cap_v2"),
        };
    }

    private static Prediction ReadPrediction(NetworkConfig c) => c.Text("prediction_type", "epsilon") switch
    {
        "epsilon" => Prediction.Epsilon,
        "v_prediction" => Prediction.Velocity,
        "sample" => Prediction.Sample,
        var other => throw Unknown(c, "prediction_type", other, "epsilon, v_prediction or sample"),
    };

    private static TimestepSpacing ReadSpacing(NetworkConfig c, string absent) => c.Text("timestep_spacing", absent) switch
    {
        "leading" => TimestepSpacing.Leading,
        "trailing" => TimestepSpacing.Trailing,
        "linspace" => TimestepSpacing.Linspace,
        var other => throw Unknown(c, "timestep_spacing", other, "leading, trailing or linspace"),
    };

    private static StepVariance ReadVariance(NetworkConfig c) => c.Text("variance_type", "fixed_small") switch
    {
        "fixed_small" or "fixed_small_log" => StepVariance.FixedSmall,
        "fixed_large" => StepVariance.FixedLarge,
        "learned_range" => StepVariance.Learned,
        var other => throw Unknown(c, "variance_type", other, "fixed_small, fixed_small_log, fixed_large or learned_range"),
    };

    // Only these two clip; elsewhere clip_sample = true is refused with the rest.
    private static double? ReadClip(NetworkConfig c, string kind)
    {
        if (kind is not ("DDPMScheduler" or "DDIMScheduler")) return null;
        var range = c.Number("clip_sample_range", 1);
        return c.Flag("clip_sample", true) ? range : null;
    }

    private static double LastLevel(NetworkConfig c, NoiseSchedule schedule, bool absent) => c.Flag("set_alpha_to_one", absent) ? 1 : schedule.AlphaBar[0];

    private static DpmSolverSampler ReadSolver(NetworkConfig c, Prediction prediction)
    {
        c.Require("lambda_min_clipped", "-inf");
        var (order, algorithm, type) = (c.Whole("solver_order", 2), c.Text("algorithm_type", "dpmsolver++"), c.Text("solver_type", "midpoint"));
        var stochastic = algorithm == "sde-dpmsolver++";
        if (!stochastic && algorithm != "dpmsolver++") throw Unknown(c, "algorithm_type", algorithm, "dpmsolver++ or sde-dpmsolver++");
        if (type is not ("midpoint" or "heun")) throw Unknown(c, "solver_type", type, "midpoint or heun");
        if (order is < 1 or > 3 || stochastic && order == 3) throw Unknown(c, "solver_order", $"{order}", "1, 2 or, without noise, 3");
        return new DpmSolverSampler(prediction)
        {
            Order = order, Heun = type == "heun", Stochastic = stochastic,
            LowerOrderFinal = c.Flag("lower_order_final", true), EulerAtFinal = c.Flag("euler_at_final", false),
        };
    }

    private static double ReadFinalSigma(NetworkConfig c, NoiseSchedule schedule) => c.Text("final_sigmas_type", "zero") switch
    {
        "zero" => 1,
        "sigma_min" => schedule.AlphaBar[0],
        var other => throw Unknown(c, "final_sigmas_type", other, "zero or sigma_min"),
    };

    private static BadInputException Unknown(NetworkConfig c, string key, string found, string expected) =>
        new($"'{c.Path}': {key} = {found} is not supported; expected {expected}. Use a scheduler with that setting.");
}
