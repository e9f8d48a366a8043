using System.CommandLine;
using System.Globalization;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Datasets;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;

namespace Ddoq.Cli.Commands.Fitting;

/// <summary><c>ddoq fit vae DATA --out DIR</c>.</summary>
internal sealed class FitVaeCommand : Verb
{
    private static readonly VaeOptions Defaults = new();

    private readonly Argument<string> _data = DatasetArgument.Create();
    private readonly Option<string> _test = OptionOf.Text("--test", "DATA", "images that the quality is measured on (without it, the training images)");
    private readonly Option<int> _latent = OptionOf.Whole("--latent-channels", "N", "channels of a latent, which has a quarter of the image's rows and columns", 1, 1024, Defaults.LatentChannels);
    private readonly Option<int> _width = OptionOf.Whole("--width", "N", "channels of the network; multiples of 16 are fastest", 1, 4096, Defaults.Width);
    private readonly Option<double> _kl = OptionOf.Real("--kl-weight", "X", "weight of the KL term", 0, 1e3, Defaults.KlWeight);
    private readonly ScheduleOptions _schedule = new(Defaults.Schedule);
    private readonly AugmentationOptions _augmentation = new(Defaults.Augmentation.Shift);
    private readonly DatasetFraming _framing = new();
    private readonly Licences _licence = new();
    private readonly OutputOptions _output = new(resumable: true);

    public FitVaeCommand() : base("vae", "train the autoencoder whose latents are quantized",
        "fit vae fashion-mnist --test fashion-mnist:test --out my-models/vae", "fit vae fashion-mnist --out my-models/small-vae --epochs 2 --latent-channels 4 --resume")
    {
        Add(_data);
        foreach (var option in new Option[] { _test, _latent, _width, _kl }) Add(option);
        _schedule.AddTo(this);
        _augmentation.AddTo(this);
        _framing.AddTo(this);
        _licence.AddTo(this);
        _output.AddTo(this);
    }

    public override Outcome Run(CommandContext context)
    {
        var output = context.Output(_output);
        TrainingFolder.RequireFree(output);
        Networks.Start(context);
        var train = _framing.Open(context.Value(_data), context);
        var test = context.Value(_test) is { } spec ? _framing.Open(spec, context) : null;
        if (test is not null) ClassMatching.RequireShape(train.Shape, test);
        var options = ReadOptions(context);
        var request = new FitRequest("vae", Command(options, output.Path, context), train.Fingerprint, ToolVersion.Current);
        return Fitting.Run(output, request, context, (folder, training) => Fit(train, test, options, folder, training, context),
            model => (model.Settings<VaeSettings>().Epochs, Quality(model.Settings<VaeSettings>(), train, test)));
    }

    private FittedModel Fit(IImageDataset train, IImageDataset? test, VaeOptions options, string folder, TrainingFolder training, CommandContext context)
    {
        var (_, settings) = VaeTrainer.Fit(train, test, options, context.Seed, folder, training.Checkpoint, context.Progress, context.Cancellation);
        var quality = Quality(settings, train, test);
        return new FittedModel(settings.Epochs, quality, request => new ModelCard($"VAE for {train.Name}",
            "Encoder and decoder between images and the latents in which points are placed. Latents leave it scaled to unit variance.",
            Shapes(settings, train.Shape), quality, train.Name, train.Fingerprint, _licence.Read(context, train.Name), request, context.Threads));
    }

    private VaeOptions ReadOptions(CommandContext context) => new()
    {
        LatentChannels = context.Value(_latent),
        Width = context.Value(_width),
        KlWeight = context.Value(_kl),
        Augmentation = _augmentation.Read(context),
        Schedule = _schedule.Read(context),
    };

    private string Command(VaeOptions options, string output, CommandContext context) => CommandText.Of(context, "fit vae", context.Value(_data), output,
    [
        .. context.Value(_test) is { } test ? [$"--test {CommandText.Quoted(test)}"] : Array.Empty<string>(),
        string.Create(CultureInfo.InvariantCulture, $"--latent-channels {options.LatentChannels} --width {options.Width} --kl-weight {options.KlWeight}"),
        .. ScheduleOptions.Words(options.Schedule), .. AugmentationOptions.Words(options.Augmentation), .. _framing.Words(context),
    ]);

    private static List<(string, string)> Shapes(VaeSettings s, ImageShape image) =>
    [
        ("image", $"{image} (channels x rows x columns)"),
        ("network", $"AutoencoderKL of {s.Filters} channels over cells of 2 x 2 pixels"),
        ("latent", $"{s.Latent}, {s.Latent.Dimension} numbers"),
        ("latent scale", string.Create(CultureInfo.InvariantCulture, $"{s.LatentScale:0.#####}")),
    ];

    private static FitQuality Quality(VaeSettings settings, IImageDataset train, IImageDataset? test)
    {
        var baseline = MeanImage.Psnr(train, test ?? train);
        return new FitQuality("psnr", Finite(settings.Psnr), settings.Psnr is { } psnr ? Decibel(psnr) : "not measured", Finite(baseline),
            $"{Decibel(baseline)} by the mean training image", test?.Name ?? $"{train.Name} (the training images)");
    }

    private static double? Finite(double? value) => value is { } v && double.IsFinite(v) ? v : null;

    private static string Decibel(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} dB");
}
