using System.CommandLine;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Cli.Comparison;
using Ddoq.Foundations;

namespace Ddoq.Cli.Commands;

/// <summary><c>ddoq compare RECIPE --out DIR</c>: methods x images per class x weights x seeds under one protocol each, in one table.</summary>
internal sealed class CompareCommand : Verb
{
    private const string RecipeFile = "recipe.json";

    private readonly Argument<string> _recipe = ArgumentOf.Text("RECIPE", "JSON file of a comparison, such as recipes/fashion-mnist.json");
    private readonly OutputOptions _output = new(resumable: true);

    public CompareCommand() : base("compare", "compare methods under one protocol, seed by seed, with random images in every table",
        "compare recipes/smoke.json --out out/smoke", "compare recipes/fashion-mnist.json --out out/fashion-mnist --resume --json")
    {
        Add(_recipe);
        _output.AddTo(this);
    }

    public override Outcome Run(CommandContext context)
    {
        var recipe = ComparisonRecipe.Load(context.Value(_recipe));
        var output = context.Output(_output);
        if (output.Resume) RequireComparison(output.Path);
        output.RequireFreeWork();
        Networks.Start(context);
        var run = new ComparisonRun(recipe, output.Work, context); // before anything is moved: its data and models may be missing
        // A finished comparison is continued too: a recipe with more cells trains only those.
        if (output.Resume && Directory.Exists(output.Path) && !Directory.Exists(output.Work)) Directory.Move(output.Path, output.Work);
        Directory.CreateDirectory(output.Work);
        File.Copy(context.Value(_recipe), Path.Combine(output.Work, RecipeFile), overwrite: true);
        var rows = run.Run(soFar => new ComparisonFiles(recipe, run, context.Seed.Root, soFar).Write(output.Work));
        if ((output.Replace || output.Resume) && Directory.Exists(output.Path)) Directory.Delete(output.Path, recursive: true);
        Directory.Move(output.Work, output.Path);
        var files = new ComparisonFiles(recipe, run, context.Seed.Root, rows);
        var json = files.Document();
        json["out"] = output.Path;
        return new Outcome(json, files.View());
    }

    private static void RequireComparison(string path)
    {
        if (File.Exists(path) || (Directory.Exists(path) && !(File.Exists(Path.Combine(path, RecipeFile)) && File.Exists(Path.Combine(path, ComparisonFiles.Json)))))
            throw new UsageException($"output '{path}' exists and is no comparison: it lacks {RecipeFile} or {ComparisonFiles.Json}, so --resume cannot continue it. Choose another --out.");
    }
}
