using System.CommandLine;
using System.Globalization;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Cli.Models;
using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Training;

namespace Ddoq.Cli.Commands.Fitting;

/// <summary><c>ddoq fit prior DATA --vae V --out DIR</c>.</summary>
internal sealed class FitPriorCommand : Verb
{
    private const double LossOfZero = 1; // the velocity has unit variance

    private static readonly PriorOptions Defaults = new();

    private readonly Argument<string> _data = DatasetArgument.Create();
    private readonly Option<string> _vae = OptionOf.Text("--vae", "V", "the encoder in whose latents the prior works: the folder of a VAE, or a bundled name");
    private readonly Option<int> _hidden = OptionOf.Whole("--hidden", "N", "width of the transformer, a multiple of 4 and of --heads", 4, 8192, Defaults.Hidden);
    private readonly Option<int> _depth = OptionOf.Whole("--depth", "N", "blocks of the transformer", 1, 256, Defaults.Depth);
    private readonly Option<int> _heads = OptionOf.Whole("--heads", "N", "attention heads", 1, 256, Defaults.Heads);
    private readonly Option<int> _patch = OptionOf.Whole("--patch", "N", "side of a latent patch", 1, 16, Defaults.Patch);
    private readonly ScheduleOptions _schedule = new(Defaults.Schedule);
    private readonly DatasetFraming _framing = new();
    private readonly Licences _licence = new();
    private readonly OutputOptions _output = new(resumable: true);

    public FitPriorCommand() : base("prior", "train the diffusion transformer that makes a latent of a point",
        "fit prior fashion-mnist --vae fashion-mnist --out my-models/prior", "fit prior fashion-mnist --vae my-models/vae --out my-models/small-prior --hidden 64 --depth 2 --epochs 2 --resume")
    {
        _vae.Required = true;
        Add(_data);
        foreach (var option in new Option[] { _vae, _hidden, _depth, _heads, _patch }) Add(option);
        _schedule.AddTo(this);
        _framing.AddTo(this);
        _licence.AddTo(this);
        _output.AddTo(this);
    }

    public override Outcome Run(CommandContext context)
    {
        var options = ReadOptions(context);
        var output = context.Output(_output);
        TrainingFolder.RequireFree(output);
        Networks.Start(context);
        var codec = CodecChoice.Resolve(context.Value(_vae)!, BundledModels.BesideTheProgram);
        RequirePatches(codec.Latent, options.Patch);
        var train = _framing.Open(context.Value(_data), context);
        var request = new FitRequest("prior", Command(options, output.Path, context), $"{train.Fingerprint} {codec.Hash}", ToolVersion.Current);
        return Fitting.Run(output, request, context, (folder, training) => Fit(train, codec, options, folder, training, context),
            model => (model.Settings<PriorSettings>().Epochs, Quality(model.Settings<PriorSettings>())));
    }

    private FittedModel Fit(IImageDataset train, ILatentCodec codec, PriorOptions options, string folder, TrainingFolder training, CommandContext context)
    {
        var store = LatentStore.Exists(training.Latents) ? LatentStore.Open(training.Latents)
            : DatasetEncoding.Encode(train, codec, training.Latents, progress: context.Progress, cancel: context.Cancellation);
        var (_, settings) = PriorTrainer.Fit(store, options, context.Seed, folder, training.Checkpoint, context.Progress, context.Cancellation);
        var quality = Quality(settings);
        return new FittedModel(settings.Epochs, quality, request => new ModelCard($"Prior for {train.Name}",
            "Class-conditional diffusion transformer in the latents of one encoder: it noises a point and denoises it under its class, so that the decoder makes a sharp image of it.",
            Shapes(settings, codec), quality, train.Name, train.Fingerprint, _licence.Read(context, train.Name), request, context.Threads));
    }

    private PriorOptions ReadOptions(CommandContext context)
    {
        var (hidden, heads) = (context.Value(_hidden), context.Value(_heads));
        if (hidden % 4 != 0 || hidden % heads != 0) throw new UsageException($"--hidden takes a multiple of 4 and of --heads ({heads}), not '{hidden}'.");
        return new() { Hidden = hidden, Heads = heads, Depth = context.Value(_depth), Patch = context.Value(_patch), Schedule = _schedule.Read(context) };
    }

    private static void RequirePatches(LatentShape latent, int patch)
    {
        if (latent.Height % patch != 0 || latent.Width % patch != 0)
            throw new UsageException($"--patch {patch} does not divide the rows and columns of the encoder's latents, {latent}. Choose another.");
    }

    private string Command(PriorOptions options, string output, CommandContext context) => CommandText.Of(context, "fit prior", context.Value(_data), output,
    [
        $"--vae {CommandText.Quoted(context.Value(_vae)!)}",
        string.Create(CultureInfo.InvariantCulture, $"--hidden {options.Hidden} --depth {options.Depth} --heads {options.Heads} --patch {options.Patch}"),
        .. ScheduleOptions.Words(options.Schedule), .. _framing.Words(context),
    ]);

    private static List<(string, string)> Shapes(PriorSettings s, ILatentCodec codec) =>
    [
        ("latent", $"{codec.Latent} (channels x rows x columns)"),
        ("encoder", $"{codec.Name}, SHA-256 {codec.Hash}"),
        ("network", $"DiT of width {s.Hidden}, {s.Depth} blocks, {s.Heads} heads, patches of {s.Patch} x {s.Patch}"),
        ("diffusion", $"{s.NoiseSchedule} schedule, predicts the {s.Prediction}"),
        ("classes", string.Join(", ", s.Classes)),
    ];

    private static FitQuality Quality(PriorSettings settings) => new("loss", settings.Loss, Number(settings.Loss), LossOfZero,
        $"{Number(LossOfZero)} by predicting zero", $"{settings.TrainedOn} (the training images, last epoch)");

    private static string Number(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.0000}");
}
