using System.CommandLine;
using System.Globalization;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Models;
using Ddoq.Neural.Synthesis;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary><c>--prior</c>, <c>--vae</c> and how centroids pass through a diffusion prior.</summary>
internal sealed class SynthesisInput
{
    private static readonly SynthesisOptions Defaults = new();

    private readonly Option<string> _prior = OptionOf.Text("--prior", "P", "what makes an image of a point: a bundled name, none (the VAE alone), or the folder of a prior or of a pca basis", BundledModels.Default);
    private readonly Option<string> _vae = OptionOf.Text("--vae", "V", "the encoder that the points come from, where the prior does not bring it");
    private readonly Option<double> _snr = OptionOf.Real("--start-snr", "X", "signal to noise at which points enter the denoiser; large stays near the point", 1e-6, 1e6, Defaults.StartSnr);
    private readonly Option<double> _guidance = OptionOf.Real("--guidance", "X", "guidance scale; 1 is the plain class condition", 0, 100, Defaults.GuidanceScale);
    private readonly Option<int> _steps = OptionOf.Whole("--steps", "N", "calls of the denoiser", 1, 10_000, Defaults.Steps);

    public void AddTo(Command verb)
    {
        foreach (var option in new Option[] { _prior, _vae, _snr, _guidance, _steps }) verb.Add(option);
    }

    /// <summary>Loads the prior and its encoder; libtorch must have been started.</summary>
    public PriorChoice Resolve(CommandContext context) => PriorChoice.Resolve(context.Value(_prior)!, context.Value(_vae), Read(context));

    public SynthesisOptions Read(CommandContext context) =>
        new() { StartSnr = context.Value(_snr), GuidanceScale = context.Value(_guidance), Steps = context.Value(_steps) };

    /// <summary>The options as a manifest keeps them.</summary>
    public static IEnumerable<(string Name, string Value)> Describe(SynthesisOptions options) =>
    [
        ("start_snr", options.StartSnr.ToString(CultureInfo.InvariantCulture)),
        ("guidance_scale", options.GuidanceScale.ToString(CultureInfo.InvariantCulture)),
        ("denoising_steps", options.Steps.ToString(CultureInfo.InvariantCulture)),
    ];
}
