using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;

namespace Ddoq.Cli.Commands.Fitting;

/// <summary>A trained model, still in its staged folder.</summary>
/// <param name="Epochs">Passes.</param>
/// <param name="Quality">How good it is.</param>
/// <param name="Card">Its card, once the seconds are known.</param>
internal sealed record FittedModel(int Epochs, FitQuality Quality, Func<FitRequest, ModelCard> Card);

/// <summary>What the three verbs of <c>fit</c> share: staged output, checkpoints beside it, --resume, the card and the result.</summary>
internal static class Fitting
{
    /// <summary>Runs one training.</summary>
    /// <param name="output">Where the model goes.</param>
    /// <param name="request">What is trained.</param>
    /// <param name="context">The verb's context.</param>
    /// <param name="fit">Trains into a staged folder, with checkpoints in the training folder.</param>
    /// <param name="recall">Quality of the finished model, read from its folder.</param>
    public static Outcome Run(OutputRequest output, FitRequest request, CommandContext context, Func<string, TrainingFolder, FittedModel> fit, Func<ModelFolder, (int Epochs, FitQuality Quality)> recall)
    {
        if (output.Resume && Directory.Exists(output.Path)) return Finished(output, request, context, recall);
        using var training = TrainingFolder.Open(output, request, context.Screen);
        using var staged = StagedOutput.Folder(output.Path, output.Replace);
        var model = fit(staged.Path, training);
        var done = training.Request;
        done.Save(staged.Path);
        model.Card(done).Write(staged.Path);
        staged.Commit();
        training.Finish();
        return Result(ModelFolder.Open(output.Path, request.Kind), model.Epochs, model.Quality, done.Seconds);
    }

    private static Outcome Finished(OutputRequest output, FitRequest request, CommandContext context, Func<ModelFolder, (int Epochs, FitQuality Quality)> recall)
    {
        var model = ModelFolder.Open(output.Path, request.Kind);
        var earlier = FitRequest.Load(output.Path)
            ?? throw new UsageException($"'{output.Path}' does not say how it was trained, so --resume cannot tell whether it is this training. Pass --force to train it anew.");
        request.RequireSame(earlier, output.Path);
        context.Screen.Say($"'{output.Path}' is finished already: there is nothing to continue");
        var (epochs, quality) = recall(model);
        return Result(model, epochs, quality, earlier.Seconds);
    }

    private static Outcome Result(ModelFolder model, int epochs, FitQuality quality, double seconds)
    {
        var json = new JsonObject
        {
            ["epochs"] = epochs,
            ["seconds"] = seconds,
            [quality.Key] = quality.Value,
            ["baseline"] = quality.Baseline,
            ["measured_on"] = quality.MeasuredOn,
            ["kind"] = model.Kind,
            ["sha256"] = model.Hash,
            ["out"] = model.Path,
        };
        return Outcome.OfFacts(json,
            ("model", $"{model.Kind}, {epochs} epochs"),
            (quality.Key, $"{quality.Text} on {quality.MeasuredOn} ({quality.BaselineText})"),
            ("time", string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s")),
            ("out", model.Path));
    }
}
