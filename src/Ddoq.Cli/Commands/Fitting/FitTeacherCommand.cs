using System.CommandLine;
using System.Globalization;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Datasets;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;

namespace Ddoq.Cli.Commands.Fitting;

/// <summary><c>ddoq fit teacher DATA --out DIR</c>.</summary>
internal sealed class FitTeacherCommand : Verb
{
    private static readonly TeacherOptions Defaults = new();

    private readonly Argument<string> _data = DatasetArgument.Create();
    private readonly Option<string> _test = OptionOf.Text("--test", "DATA", "images that the accuracy is measured on (without it, none is)");
    private readonly Option<int> _width = OptionOf.Whole("--width", "N", "filters per layer of its ConvNet; multiples of 16 are fastest", 1, 4096, Defaults.Width);
    private readonly Option<int> _depth = OptionOf.Whole("--depth", "N", "layers of its ConvNet", 1, 8, Defaults.Depth);
    private readonly Option<int[]> _kept = OptionOf.WholeList("--keep-epochs", "keep the teacher of these epochs as well, in epochs/N: for few images one that was stopped early often labels better", 1, 1_000_000);
    private readonly ScheduleOptions _schedule = new(Defaults.Schedule);
    private readonly AugmentationOptions _augmentation = new(Defaults.Augmentation.Shift);
    private readonly DatasetFraming _framing = new();
    private readonly Licences _licence = new();
    private readonly OutputOptions _output = new(resumable: true);

    public FitTeacherCommand() : base("teacher", "train the classifier that gives soft labels",
        "fit teacher fashion-mnist --test fashion-mnist:test --out my-models/teacher", "fit teacher fashion-mnist --test fashion-mnist:test --out my-models/small-teacher --width 32 --epochs 2 --resume")
    {
        Add(_data);
        foreach (var option in new Option[] { _test, _width, _depth, _kept }) Add(option);
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
        var options = ReadOptions(context);
        ConvNetRoom.Require(train.Shape, options.Depth);
        var test = Test(train, context);
        var request = new FitRequest("teacher", Command(options, output.Path, context), train.Fingerprint, ToolVersion.Current);
        return Fitting.Run(output, request, context, (folder, training) => Fit(train, test, options, folder, training, context),
            model => (model.Settings<ClassifierSettings>().Epochs, Quality(model.Settings<ClassifierSettings>(), test)));
    }

    private IImageDataset? Test(IImageDataset train, CommandContext context)
    {
        if (context.Value(_test) is not { } spec) return null;
        var test = ClassMatching.Align(train.ClassNames, _framing.Open(spec, context));
        ClassMatching.RequireShape(train.Shape, test);
        return test;
    }

    private FittedModel Fit(IImageDataset train, IImageDataset? test, TeacherOptions options, string folder, TrainingFolder training, CommandContext context)
    {
        var (_, settings) = TeacherTrainer.Fit(train, test, options, context.Seed, folder, training.Checkpoint, context.Progress, context.Cancellation);
        var quality = Quality(settings, test);
        return new FittedModel(settings.Epochs, quality, request => new ModelCard($"Teacher for {train.Name}",
            "Classifier whose logits are the soft labels of a distilled set.",
            Shapes(settings, train), quality, train.Name, train.Fingerprint, _licence.Read(context, train.Name), request, context.Threads));
    }

    private TeacherOptions ReadOptions(CommandContext context) => new()
    {
        Width = context.Value(_width),
        Depth = context.Value(_depth),
        KeptEpochs = context.Value(_kept) ?? [],
        Augmentation = _augmentation.Read(context),
        Schedule = _schedule.Read(context),
    };

    private string Command(TeacherOptions options, string output, CommandContext context) => CommandText.Of(context, "fit teacher", context.Value(_data), output,
    [
        .. context.Value(_test) is { } test ? [$"--test {CommandText.Quoted(test)}"] : Array.Empty<string>(),
        string.Create(CultureInfo.InvariantCulture, $"--width {options.Width} --depth {options.Depth}"),
        .. options.KeptEpochs.Count > 0 ? [$"--keep-epochs {string.Join(',', options.KeptEpochs)}"] : Array.Empty<string>(),
        .. ScheduleOptions.Words(options.Schedule), .. AugmentationOptions.Words(options.Augmentation), .. _framing.Words(context),
    ]);

    private static List<(string, string)> Shapes(ClassifierSettings s, IImageDataset train) =>
    [
        ("network", $"{new ConvNetShape(train.Shape, s.Classes.Count, s.Filters, s.Depth)}"),
        ("image", $"{train.Shape} (channels x rows x columns)"),
        ("classes", string.Join(", ", s.Classes)),
        ("pixels", string.Create(CultureInfo.InvariantCulture, $"divided by 255, then mean {Numbers(s.Mean)} taken off and divided by {Numbers(s.Std)}")),
    ];

    private static FitQuality Quality(ClassifierSettings settings, IImageDataset? test)
    {
        if (test is null) return new FitQuality("accuracy", null, "not measured", null, "not measured", "no test images were given");
        var chance = LargestShare(test);
        return new FitQuality("accuracy", settings.Accuracy, Percent(settings.Accuracy!.Value), chance, $"{Percent(chance)} by always naming the most frequent class", test.Name);
    }

    private static double LargestShare(IImageDataset test) => test.Labels.ToArray().CountBy(label => label).Max(pair => pair.Value) / (double)test.Count;

    private static string Percent(double fraction) => string.Create(CultureInfo.InvariantCulture, $"{100 * fraction:0.00} %");

    private static string Numbers(IEnumerable<float> values) => string.Join(", ", values.Select(v => v.ToString("0.####", CultureInfo.InvariantCulture)));
}
