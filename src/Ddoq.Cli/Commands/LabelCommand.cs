using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Cli.Models;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Evaluation;
using Ddoq.Neural.Labelling;

namespace Ddoq.Cli.Commands;

/// <summary><c>ddoq label SET --teacher T</c>.</summary>
internal sealed class LabelCommand : Verb
{
    private static readonly LabelOptions Defaults = new();

    private readonly Argument<string> _set = ArgumentOf.Text("SET", "a distilled set; it is labelled in place, whole or not at all");
    private readonly TeacherInput _teacher = new();
    private readonly Option<int> _views = OptionOf.Whole("--views", "N", "augmented views labelled per image", 1, 100_000, Defaults.Views);
    private readonly Option<double> _temperature = OptionOf.Real("--temperature", "X", "temperature that students are told to use", 1e-3, 1e3, Defaults.Temperature);
    private readonly Option<string> _for = OptionOf.Text("--for", "PROTOCOL", "make views and labels as this protocol replays them; what else is given counts instead");
    private readonly Option<int> _topK = OptionOf.Whole("--top-k", "N", "store the N largest logits of a view and one number for the others (0: all)", 0, 65536, 0);
    private readonly Option<int> _bits = OptionOf.Whole("--bits", "N", "bits of a stored logit: 16, or 8 for 256 steps within a view", 8, 16, 16);
    private readonly AugmentationOptions _augmentation = new(Defaults.Augmentation.Shift);
    private readonly Option<bool> _force = OptionOf.Flag("--force", "replace labels that are there");

    public LabelCommand() : base("label", "give the images of a distilled set a teacher's soft labels",
        "label out/set --teacher fashion-mnist", "label out/set --teacher fashion-mnist --views 30 --temperature 2 --no-flip --force")
    {
        Add(_set);
        _teacher.AddTo(this);
        Add(_views);
        Add(_temperature);
        Add(_for);
        Add(_topK);
        Add(_bits);
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
        var teacher = _teacher.Resolve(context);
        var options = Read(set, context);
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

    private LabelOptions Read(DistilledSet set, CommandContext context)
    {
        var own = new LabelOptions { Views = context.Value(_views), Augmentation = _augmentation.Read(context), Temperature = (float)context.Value(_temperature) };
        var options = (context.Value(_for) is { } name ? Of(Protocols.Named(name, ProtocolScale.Of(set)), own, context) : own) with { Storage = new LabelStorage(context.Value(_topK), context.Value(_bits)) };
        if (options.Storage.Bits is not (8 or 16)) throw new UsageException($"--bits {options.Storage.Bits}: expected 8 or 16.");
        if (options.Storage.TopK > set.ClassNames.Count) throw new UsageException($"--top-k {options.Storage.TopK}: the set has {set.ClassNames.Count} classes.");
        if (options is { Views: > 1, Augmentation.IsNone: true }) context.Screen.Warn("without shift and flip all views are the same image; --views 1 is enough.");
        return options;
    }

    private LabelOptions Of(StudentProtocol protocol, LabelOptions own, CommandContext context) => protocol.Labels != LabelKind.Soft
        ? throw new UsageException($"--for {protocol.Name}: that protocol learns from {(protocol.Labels == LabelKind.Hard ? "hard labels" : "a teacher that it asks itself")}, so nothing is to be stored.")
        : own with
        {
            Views = context.IsGiven(_views) ? own.Views : protocol.StoredViews,
            Temperature = context.IsGiven(_temperature) ? own.Temperature : (float)protocol.Temperature,
            Augmentation = protocol.Augmentation,
        };

    private static Provenance Describe(Provenance provenance, Teacher teacher, LabelOptions options) => provenance with
    {
        Models = [.. provenance.Models.Where(m => m.Role != "teacher"), new ModelReference("teacher", teacher.Name, teacher.Hash)],
        Options = new SortedDictionary<string, string>(provenance.Options.ToDictionary(), StringComparer.Ordinal)
        {
            ["label_views"] = options.Views.ToString(CultureInfo.InvariantCulture),
            ["label_temperature"] = options.Temperature.ToString(CultureInfo.InvariantCulture),
            ["label_augmentation"] = options.Augmentation.ToString(),
            ["label_storage"] = options.Storage == LabelStorage.Whole ? "float16" : string.Create(CultureInfo.InvariantCulture, $"{(options.Storage.TopK > 0 ? $"top {options.Storage.TopK} of " : "")}{options.Storage.Bits} bits"),
        },
    };

    private static Outcome Result(SoftLabels labels, double seconds)
    {
        var bytes = labels.StoredBytes;
        var json = new JsonObject
        {
            ["images"] = labels.Count,
            ["bytes"] = bytes,
            ["seconds"] = seconds,
            ["views"] = labels.Views,
            ["temperature"] = labels.Temperature,
            ["top_k"] = labels.Storage.TopK,
            ["bits"] = labels.Storage.Bits,
            ["teacher"] = labels.TeacherName,
        };
        return Outcome.OfFacts(json,
            ("labels", $"{labels.Views} views of {labels.Count} images over {labels.Classes} classes by {labels.TeacherName}"),
            ("size", string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes")),
            ("time", string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s")));
    }
}
