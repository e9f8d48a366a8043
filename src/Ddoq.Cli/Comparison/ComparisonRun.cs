using System.Globalization;
using Ddoq.Cli.Models;
using Ddoq.Cli.Pipeline;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inputs;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Neural.Evaluation;
using Ddoq.Neural.Labelling;
using Ddoq.Neural.Synthesis;

namespace Ddoq.Cli.Comparison;

/// <summary>Makes every set and trains every student of a recipe, block by block. What is done lies in the folder and is not done again.</summary>
internal sealed class ComparisonRun
{
    private readonly ComparisonRecipe _recipe;
    private readonly RunFolder _root;
    private readonly CommandContext _context;
    private readonly IImageDataset _train;
    private readonly string _testFingerprint;
    private readonly Teacher _teacher;
    private readonly Contest _contest;
    private readonly Dictionary<string, RunFolder> _folders = [];
    private readonly Dictionary<SynthesisOptions, PriorChoice> _priors = [];

    public ComparisonRun(ComparisonRecipe recipe, string folder, CommandContext context)
    {
        (_recipe, _root, _context) = (recipe, new RunFolder(folder), context);
        var data = DatasetResolver.Open(recipe.Data, new DatasetOptions(), context.Progress, context.Cancellation);
        var scored = recipe.Validation > 0 ? new ScoredImages(recipe.Data, recipe.Validation) : new ScoredImages(recipe.Test!);
        var test = scored.Open(context.Progress, context.Cancellation);
        _train = recipe.Validation > 0 ? HeldOutImages.Split(data, recipe.Validation).Train : data;
        ClassMatching.RequireShape(_train.Shape, test);
        (_testFingerprint, ScoredOn) = (test.Fingerprint, string.Create(CultureInfo.InvariantCulture, $"{test.Count:N0} images of {test.Name}"));
        _teacher = TeacherChoice.Resolve(recipe.Teacher, recipe.TeacherEpoch);
        _teacher.RequireFits(_train);
        Chance = test.Labels.ToArray().CountBy(l => l).Max(p => p.Value) / (double)test.Count;
        var processes = new StudentProcesses(scored, context.Seed, context.Threads, context.Progress, context.Cancellation);
        _contest = new Contest(_root, test.Fingerprint, (TeacherChoice.FolderOf(recipe.Teacher, recipe.TeacherEpoch), _teacher.Hash), context.Seed, processes);
    }

    /// <summary>Accuracy of always naming the most frequent class.</summary>
    public double Chance { get; }

    /// <summary>What stages cost that all methods share: latents, features.</summary>
    public IEnumerable<(string Stage, StageCost Cost)> SharedCosts => from cost in _root.Ledger.Costs where !cost.Key.StartsWith("train-", StringComparison.Ordinal) select (cost.Key, cost.Value);

    /// <summary>What students were scored on.</summary>
    public string ScoredOn { get; }

    /// <summary>The rows of all blocks; <paramref name="finished"/> is told the rows so far after each number of images.</summary>
    public IReadOnlyList<ComparisonRow> Run(Action<IReadOnlyList<ComparisonRow>> finished)
    {
        var rows = new List<ComparisonRow>();
        foreach (var block in _recipe.Tables)
            foreach (var ipc in block.Ipc)
            {
                rows.AddRange(RunCells(block, ipc));
                finished(rows);
            }
        return rows;
    }

    private List<ComparisonRow> RunCells(ComparisonBlock block, int ipc)
    {
        var protocols = block.Protocols.SelectMany(name => ProtocolsOf(block, name, ipc)).ToArray();
        var seeds = block.Seeds ?? _recipe.Seeds;
        var plans = (from protocol in protocols from method in block.AllMethods select (Protocol: protocol, Method: method, Sets: Enumerable.Range(0, seeds).Select(seed => SetOf(method, protocol, ipc, seed)).ToArray())).ToArray();
        var cells = plans.SelectMany(p => p.Sets.Select((set, seed) => CellOf(p.Protocol, p.Method, set, ipc, seed))).ToArray();
        var scores = _contest.Run(cells).Chunk(seeds).ToArray();
        return [.. plans.Select((p, i) => RowOf(p.Protocol, p.Method, p.Sets, ipc, scores[i]))];
    }

    private IEnumerable<StudentProtocol> ProtocolsOf(ComparisonBlock block, string name, int ipc)
    {
        var own = Protocols.Named(name, new ProtocolScale(_train.Shape, _train.ClassNames.Count, ipc));
        if (block.Epochs is { } epochs) own = own with { Epochs = epochs, Evaluations = Math.Min(own.Evaluations, epochs) };
        return block.Students.Count == 0 ? [own] : block.Students.Select(s => own.With(Student.Named(s)));
    }

    private sealed record MadeSet(string Path, string Fingerprint, string Content, StageCost Cost, long ImageBytes, long LabelBytes, string WeightRule);

    // The set of a method from one seed, labelled where the protocol replays labels.
    private MadeSet SetOf(MethodWish method, StudentProtocol protocol, int ipc, int seed)
    {
        var (folder, recipe) = (FolderOf(ipc, seed), method.Recipe(ipc));
        var seeds = new SeedSequence(_context.Seed.For("comparison-set", seed));
        var prior = PriorOf(recipe.Synthesis);
        if (DistillationMethods.Named(recipe.Method).UsesPrior) prior.RequireKnows(_train.ClassNames);
        var run = new Distillation(folder, _train, prior, _teacher, recipe, seeds, Licences.Of(_train.Name), _context.Threads, _context.Progress, _context.Cancellation);
        var (name, set, fingerprint) = (method.SetName(), run.Set(method.SetName()), run.SetFingerprint);
        if (protocol.Labels == LabelKind.Soft)
        {
            var options = new LabelOptions { Views = protocol.StoredViews, Augmentation = protocol.Augmentation, Temperature = (float)protocol.Temperature };
            var (labelled, unlabelled) = ($"{name}-{FileName(protocol.Name)}", set);
            fingerprint = Fingerprint.Of("labels", fingerprint, _teacher.Hash, options);
            folder.Ledger.Ensure($"labels-{labelled}", fingerprint, folder.SetPath(labelled),
                () => unlabelled.WithSoftLabels(SoftLabelling.Label(unlabelled, _teacher, options, seeds, _context.Progress, _context.Cancellation)).Save(folder.SetPath(labelled), replace: true));
            (name, set) = (labelled, DistilledSet.Load(folder.SetPath(labelled)));
        }
        return new MadeSet(folder.SetPath(name), fingerprint, set.Fingerprint, folder.Ledger.Costs.GetValueOrDefault($"set-{method.SetName()}"),
            ImageBytes(folder.SetPath(name)), set.SoftLabels?.StoredBytes ?? 0, set.Provenance.WeightRule);
    }

    private PriorChoice PriorOf(SynthesisOptions synthesis)
    {
        if (!_priors.TryGetValue(synthesis, out var prior)) _priors[synthesis] = prior = PriorChoice.Resolve(_recipe.Prior, _recipe.Vae, synthesis, _train, cancel: _context.Cancellation);
        return prior;
    }

    private static long ImageBytes(string set) => Directory.EnumerateFiles(Path.Combine(set, "train"), "*.png", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);

    private RunFolder FolderOf(int ipc, int seed)
    {
        var name = $"ipc{ipc}-seed{seed}";
        if (!_folders.TryGetValue(name, out var folder)) _folders[name] = folder = new RunFolder(Path.Combine(_root.Path, name), _root);
        return folder;
    }

    private static StudentCell CellOf(StudentProtocol protocol, MethodWish method, MadeSet set, int ipc, int seed)
    {
        var taught = protocol with { Weights = method.Rule(), WeightUse = method.Use() };
        return new StudentCell($"ipc{ipc}-{FileName(protocol.Name)}-{FileName(protocol.Student.ToString())}-{FileName(method.Name)}-{seed}", set.Path, set.Fingerprint, set.Content, taught, seed);
    }

    private static ComparisonRow RowOf(StudentProtocol protocol, MethodWish method, MadeSet[] sets, int ipc, StudentScore[] students) => new()
    {
        Method = method.Name,
        Description = DistillationMethods.Named(method.Method).Description,
        ImagesPerClass = ipc,
        Student = protocol.Student.ToString(),
        Protocol = protocol.Name,
        Labels = protocol.Labels.ToString().ToLowerInvariant(),
        Weights = (method.Rule() is { } rule ? WeightRuleNames.Of(rule) : sets[0].WeightRule) + (method.Use() == WeightUse.Sampling ? ", as sampling" : ""),
        Students = students,
        SetSeconds = sets.Average(s => s.Cost.Seconds),
        SetPeakBytes = sets.Max(s => s.Cost.PeakBytes),
        ImageBytes = (long)sets.Average(s => s.ImageBytes),
        LabelBytes = (long)sets.Average(s => s.LabelBytes),
    };

    private static string FileName(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : c == '\'' ? 'p' : '_'));
}
