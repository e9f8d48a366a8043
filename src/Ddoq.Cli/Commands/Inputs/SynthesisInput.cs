using System.CommandLine;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Models;
using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Runtime;
using Ddoq.Neural.Synthesis;
using TorchSharp;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary><c>--prior</c>, <c>--vae</c> and how centroids pass through a diffusion prior. Options that are given change those of the preset.</summary>
internal sealed class SynthesisInput
{
    private static readonly SynthesisOptions Defaults = new();

    private static readonly (string Name, SamplerKind Kind)[] Samplers =
    [
        ("own", SamplerKind.Own), ("ddim", SamplerKind.Ddim), ("ddpm", SamplerKind.Ddpm), ("pndm", SamplerKind.Pndm),
        ("dpm-solver", SamplerKind.DpmSolver), ("euler", SamplerKind.Euler), ("heun", SamplerKind.Heun),
    ];

    private static readonly (string Name, torch.ScalarType Type)[] Precisions = [("float32", torch.ScalarType.Float32), ("auto", Processor.HasBFloat16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32), ("bfloat16", torch.ScalarType.BFloat16), ("float16", torch.ScalarType.Float16)];

    private readonly Option<string> _prior = OptionOf.Text("--prior", "P", "what makes an image of a point: a bundled name, none (the VAE alone), or the folder of a prior or of a pca basis", BundledModels.Default);
    private readonly Option<string> _vae = OptionOf.Text("--vae", "V", "the encoder that the points come from, where the prior does not bring it");
    private readonly Option<string> _preset = OptionOf.Choice("--preset", "settings of a published recipe for what follows", "default", [.. SynthesisOptions.PresetNames]);
    private readonly Option<string> _start;
    private readonly Option<double> _snr = OptionOf.Real("--start-snr", "X", "signal to noise at which points enter the denoiser; large stays near the point", 1e-6, 1e6, SynthesisOptions.D4mSnr);
    private readonly Option<double> _strength = OptionOf.Real("--strength", "X", "the same as diffusers has it: share of all steps that are taken (0: not used)", 0, 1, 0);
    private readonly Option<int> _timestep = OptionOf.Whole("--start-timestep", "N", "the same as a timestep of the model (-1: not used)", -1, 1_000_000, -1);
    private readonly Option<double> _guidance = OptionOf.Real("--guidance", "X", "guidance scale; 1 is the plain class condition", 0, 100, Defaults.GuidanceScale);
    private readonly Option<int> _channels = OptionOf.Whole("--guided-channels", "N", "guide the first N channels only, as DiT's code has it (0: all)", 0, 10_000, 0);
    private readonly Option<int> _steps = OptionOf.Whole("--steps", "N", "steps from the start down; with --strength, of the whole schedule", 1, 10_000, Defaults.Steps);
    private readonly Option<string> _sampler = OptionOf.Choice("--sampler", "own is the model's", "own", [.. Samplers.Select(s => s.Name)]);
    private readonly Option<string> _prompt = OptionOf.Text("--prompt", "TEXT", "prompt of a class; {} is its name", Defaults.Prompt);
    private readonly Option<string> _negative = OptionOf.Text("--negative-prompt", "TEXT", "what images are guided away from", Defaults.NegativePrompt);
    private readonly Option<string> _precision = OptionOf.Choice("--dtype", "numbers in which denoiser and decoder compute; auto is bfloat16 where the processor has instructions for it", "float32", [.. Precisions.Select(p => p.Name)]);

    /// <param name="inverts">Whether the verb makes the latents too, so that they can be inverted.</param>
    public SynthesisInput(bool inverts = false) => _start = OptionOf.Choice("--start",
        inverts ? "what enters: noised centroids, centroids of inverted latents, or noise" : "what enters: noised centroids, or noise", "noised", inverts ? ["noised", "inverted", "noise"] : ["noised", "noise"]);

    public void AddTo(Command verb)
    {
        foreach (var option in new Option[] { _prior, _vae, _preset, _start, _snr, _strength, _timestep, _guidance, _channels, _steps, _sampler, _prompt, _negative, _precision }) verb.Add(option);
    }

    /// <summary>Name of the preset.</summary>
    public string Preset(CommandContext context) => context.Value(_preset)!;

    /// <summary>Loads the prior and its encoder; libtorch must have been started.</summary>
    /// <param name="context">The options.</param>
    /// <param name="dataset">Images that are encoded, if any are.</param>
    /// <param name="draws">Latents are drawn from the posterior of a Stable Diffusion or DiT folder's VAE; null takes its mean.</param>
    /// <param name="standard">As for <see cref="Read"/>.</param>
    public PriorChoice Resolve(CommandContext context, IImageDataset? dataset = null, SeedSequence? draws = null, SynthesisOptions? standard = null) =>
        PriorChoice.Resolve(context.Value(_prior)!, context.Value(_vae), Read(context, standard), dataset, draws: draws);

    /// <summary>The preset with what was given instead of its own.</summary>
    /// <param name="context">The options.</param>
    /// <param name="standard">What counts where no preset was given; null for the default one.</param>
    /// <exception cref="UsageException">The start level is given twice.</exception>
    public SynthesisOptions Read(CommandContext context, SynthesisOptions? standard = null)
    {
        var preset = standard is not null && !context.IsGiven(_preset) ? standard : SynthesisOptions.Preset(Preset(context));
        T Of<T>(Option<T> option, T fallback) => context.IsGiven(option) ? context.Value(option)! : fallback;
        return preset with
        {
            Start = context.IsGiven(_start) ? Enum.Parse<StartPoint>(context.Value(_start)!, ignoreCase: true) : preset.Start,
            Level = Level(context) ?? preset.Level,
            GuidanceScale = Of(_guidance, preset.GuidanceScale),
            GuidedChannels = context.IsGiven(_channels) ? context.Value(_channels) is > 0 and var n ? n : null : preset.GuidedChannels,
            Steps = Of(_steps, preset.Steps),
            Sampler = context.IsGiven(_sampler) ? Samplers.Single(s => s.Name == context.Value(_sampler)).Kind : preset.Sampler,
            Prompt = Of(_prompt, preset.Prompt),
            NegativePrompt = Of(_negative, preset.NegativePrompt),
            Precision = Precisions.Single(p => p.Name == context.Value(_precision)).Type,
        };
    }

    private StartLevel? Level(CommandContext context)
    {
        (Option Option, StartKind Kind)[] known = [(_snr, StartKind.Snr), (_strength, StartKind.Strength), (_timestep, StartKind.Timestep)];
        var given = known.Where(o => context.IsGiven(o.Option)).ToArray();
        if (given.Length > 1) throw new UsageException($"{string.Join(" and ", given.Select(g => g.Option.Name))} name the same level twice: give one of them.");
        if (given.Length == 0) return null;
        var value = given[0].Kind switch { StartKind.Snr => context.Value(_snr), StartKind.Strength => context.Value(_strength), _ => context.Value(_timestep) };
        if (given[0].Kind == StartKind.Strength && value == 0 || value < 0) throw new UsageException($"{given[0].Option.Name} {value}: a strength is above 0 and at most 1, a timestep at least 0.");
        return new StartLevel(given[0].Kind, value);
    }
}
