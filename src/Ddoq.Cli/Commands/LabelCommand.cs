using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Cli.Models;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Labelling;

namespace Ddoq.Cli.Commands;

/// <summary><c>ddoq label SET --teacher T</c>.</summary>
internal sealed class LabelCommand : Verb
{
    private static readonly LabelOptions Defaults = new();

    private readonly Argument<string> _set = ArgumentOf.Text("SET", "a distilled set; it is labelled in place, whole or not at all");
    private readonly Option<string> _teacher = OptionOf.Text("--teacher", "T", "a bundled name, or the folder of a teacher", BundledModels.Default);
    private readonly Option<int> _views = OptionOf.Whole("--views", "N", "augmented views labelled per image", 1, 100_000, Defaults.Views);
    private readonly Option<double> _temperature = OptionOf.Real("--temperature", "X", "temperature that students are told to use", 1e-3, 1e3, Defaults.Temperature);
    private readonly AugmentationOptions _augmentation = new(Defaults.Augmentation.Shift);
    private readonly Option<bool> _force = OptionOf.Flag("--force", "replace labels that are there");

    public LabelCommand() : base("label", "give the images of a distilled set a teacher's soft labels",
        "label out/set --teacher fashion-mnist", "label out/set --teacher fashion-mnist --views 30 --temperature 2 --no-flip --force")
    {
        Add(_set);
        Add(_teacher);
        Add(_views);
        Add(_temperature);
        _augmentation.AddTo(this);
        Add(_force);
    }

    public override Outcome Run(CommandContext context)
    {
        var path = context.Value(_set);
        var set = DistilledSet.Load(path);
        RefuseLabelled(set, path, context);
        context.Protect(path);
        Networks.Start(context);
        var teacher = TeacherChoice.Resolve(context.Value(_teacher)!);
        var options = Read(context);
        var clock = Stopwatch.StartNew();
        var labels = SoftLabelling.Label(set, teacher, options, context.Seed, context.Progress, context.Cancellation);
        DistilledSet.SaveLabels(path, labels, Describe(set.Provenance, teacher, options));
        return Result(labels, clock.Elapsed.TotalSeconds);
    }

    private void RefuseLabelled(DistilledSet set, string path, CommandContext context)
    {
        if (set.SoftLabels is { } old && !context.Value(_force))
            throw new UsageException($"'{path}' has soft labels of {old.Views} views by {old.TeacherName} already. Pass --force to replace them.");
    }

    private LabelOptions Read(CommandContext context)
    {
        var options = new LabelOptions { Views = context.Value(_views), Augmentation = _augmentation.Read(context), Temperature = (float)context.Value(_temperature) };
        if (options is { Views: > 1, Augmentation: { Shift: 0, Flip: false } }) context.Screen.Warn("without shift and flip all views are the same image; --views 1 is enough.");
        return options;
    }

    private static Provenance Describe(Provenance provenance, Teacher teacher, LabelOptions options) => provenance with
    {
        Models = [.. provenance.Models.Where(m => m.Role != "teacher"), new ModelReference("teacher", teacher.Name, teacher.Hash)],
        Options = new SortedDictionary<string, string>(provenance.Options.ToDictionary(), StringComparer.Ordinal)
        {
            ["label_views"] = options.Views.ToString(CultureInfo.InvariantCulture),
            ["label_temperature"] = options.Temperature.ToString(CultureInfo.InvariantCulture),
            ["label_augmentation"] = options.Augmentation.ToString(),
        },
    };

    private static Outcome Result(SoftLabels labels, double seconds)
    {
        var bytes = (long)labels.Logits.Length * 2;
        var json = new JsonObject
        {
            ["images"] = labels.Count,
            ["bytes"] = bytes,
            ["seconds"] = seconds,
            ["views"] = labels.Views,
            ["temperature"] = labels.Temperature,
            ["teacher"] = labels.TeacherName,
        };
        return Outcome.OfFacts(json,
            ("labels", $"{labels.Views} views of {labels.Count} images over {labels.Classes} classes by {labels.TeacherName}"),
            ("size", string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes")),
            ("time", string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s")));
    }
}
