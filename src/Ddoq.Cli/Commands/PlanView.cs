using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Planning;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ddoq.Cli.Commands;

/// <summary>A plan as scripts and as people read it.</summary>
internal sealed class PlanView(Plan plan, string encoder, int dimension, double seconds, double secondsTotal, string? path)
{
    private const int MostRows = 40; // of classes, for people; scripts get all

    public Outcome Outcome() => new(Document(), new Rows([Facts(), CurveTable(), .. Tables()]));

    private JsonObject Document() => new()
    {
        ["samples"] = plan.Classes.Sum(c => (long)c.SampleCount),
        ["dimension"] = dimension,
        ["classes"] = plan.Classes.Count,
        ["encoder"] = encoder.Length > 0 ? encoder : null,
        ["curve"] = Curve(plan.Curve),
        ["intrinsic_dimension"] = plan.IntrinsicDimension,
        ["intrinsic_dimension_slope"] = plan.Rate?.Dimension,
        ["intrinsic_dimension_slope_error"] = plan.Rate?.DimensionError,
        ["allocation"] = new JsonArray([.. plan.Allocations.Select(a => (JsonNode)Spread(a))]),
        ["class_curves"] = new JsonArray([.. plan.Classes.Select((c, i) => (JsonNode)Class(c, i))]),
        ["seconds"] = seconds,
        ["seconds_total"] = secondsTotal,
        ["out"] = path,
    };

    private static JsonArray Curve(IEnumerable<CurvePoint> curve) => new([.. curve.Select(p => (JsonNode)new JsonObject
    {
        ["ipc"] = p.ImagesPerClass,
        ["distortion"] = p.Distortion,
        ["w2"] = p.W2,
        ["fitted_distortion"] = p.FittedDistortion,
        ["held_out_distortion"] = p.HeldOutDistortion,
    })]);

    private static JsonObject Class(ClassPlan c, int index) => new()
    {
        ["class"] = index,
        ["name"] = c.Name,
        ["samples"] = c.SampleCount,
        ["intrinsic_dimension"] = c.IntrinsicDimension,
        ["curve"] = Curve(c.Curve),
    };

    private JsonObject Spread(Allocation a) => new()
    {
        ["budget"] = a.Budget,
        ["distortion"] = a.Measured,
        ["predicted_distortion"] = a.Predicted,
        ["equal_distortion"] = a.EqualMeasured,
        ["equal_predicted_distortion"] = a.EqualPredicted,
        ["gain"] = a.Gain,
        ["classes"] = new JsonArray([.. plan.Classes.Select((c, i) => (JsonNode)new JsonObject { ["class"] = i, ["name"] = c.Name, ["ipc"] = a.ImagesPerClass[i], ["equal_ipc"] = a.EqualSplit[i] })]),
    };

    private IRenderable Facts()
    {
        var facts = new List<(string, string)> { ("samples", Text($"{plan.Classes.Sum(c => (long)c.SampleCount):N0} of {dimension} numbers in {plan.Classes.Count} classes")) };
        if (encoder.Length > 0) facts.Add(("encoder", encoder));
        facts.Add(("intrinsic dimension", plan.IntrinsicDimension is { } d ? Text($"{d:G3} from neighbours{ByClass()}") : "unknown: too few different samples"));
        if (plan.Rate?.Dimension is { } slope) facts.Add(("", Text($"{slope:G3}{(plan.Rate.DimensionError is { } error ? Text($" +- {error:G2}") : "")} from the fall of W2, which goes as K^-{1 / slope:G3}")));
        facts.Add(("time", Text($"{seconds:0.0} s")));
        if (path is not null) facts.Add(("out", path));
        return CommandLine.Outcome.Facts(facts);
    }

    private string ByClass()
    {
        var known = plan.Classes.Where(c => c.IntrinsicDimension is not null).Select(c => c.IntrinsicDimension!.Value).ToArray();
        return known.Length > 1 ? Text($", {known.Min():G3} to {known.Max():G3} by class") : "";
    }

    private IRenderable CurveTable() => CommandLine.Outcome.Table(["points per class #", "distortion #", "W2 #", "held out #", "worse than fitted #"],
        plan.Curve.Select(p => new[] { Text($"{p.ImagesPerClass}"), Number(p.Distortion), Number(p.W2), Number(p.HeldOutDistortion), Gap(p) }));

    // How much worse points are on samples that they were not fitted to.
    private static string Gap(CurvePoint p) => p is { HeldOutDistortion: { } held, FittedDistortion: { } fitted } && fitted > 0 ? Text($"{100 * (held / fitted - 1):+0.0;-0.0} %") : "";

    private IEnumerable<IRenderable> Tables()
    {
        if (plan.Allocations.Count == 0 || plan.Classes.Count < 2) yield break;
        yield return CommandLine.Outcome.Table(["images in all #", "equal split #", "allocation #", "saved #", "per class #"], plan.Allocations.Select(a => new[]
        {
            Text($"{a.Budget}"), Number(a.EqualMeasured ?? a.EqualPredicted), Number(a.Measured ?? a.Predicted), Text($"{100 * a.Gain:0.0} %{(a.Measured is null ? " predicted" : "")}"),
            Text($"{a.ImagesPerClass.Min()} to {a.ImagesPerClass.Max()}"),
        }));
        yield return CommandLine.Outcome.Table(["class", "samples #", "dimension #", Text($"distortion at {plan.Curve[^1].ImagesPerClass} #"), .. plan.Allocations.Select(a => Text($"of {a.Budget} #"))],
            plan.Classes.Index().Take(MostRows).Select(c => new[] { c.Item.Name, Text($"{c.Item.SampleCount}"), Number(c.Item.IntrinsicDimension, "G3"), Number(c.Item.Curve[^1].Distortion) }
                .Concat(plan.Allocations.Select(a => Text($"{a.ImagesPerClass[c.Index]}")))));
        if (plan.Classes.Count > MostRows) yield return new Text(Text($"and {plan.Classes.Count - MostRows} more classes; --json and --out hold all\n"));
    }

    private static string Number(double? value, string format = "G5") => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
