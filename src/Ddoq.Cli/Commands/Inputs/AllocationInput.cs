using System.CommandLine;
using Ddoq.Cli.CommandLine;
using Ddoq.Foundations;
using Ddoq.Planning;
using Ddoq.Quantization;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary><c>--allocation</c> and <c>--budget</c>: a number of points for each class instead of one for all.</summary>
internal sealed class AllocationInput
{
    private readonly Option<string> _file = OptionOf.Text("--allocation", "FILE.json", "points of each class, as 'ddoq plan --out' wrote them, in place of --ipc");
    private readonly Option<int> _budget = OptionOf.Whole("--budget", "N", "which total of the allocation, where it holds several", 1, int.MaxValue);

    public AllocationInput() => _budget.Required = false;

    public void AddTo(Command verb)
    {
        verb.Add(_file);
        verb.Add(_budget);
    }

    /// <exception cref="UsageException">Neither the same number for all nor an allocation was given, or both.</exception>
    /// <exception cref="BadInputException">The allocation is damaged.</exception>
    public PointsPerClass Read(CommandContext context, Option<int> same)
    {
        var (file, isSame) = (context.Value(_file), context.IsGiven(same));
        if (isSame == file is not null) throw new UsageException($"give either {same.Name} N, the same number of points for every class, or {_file.Name} FILE.json{(isSame ? ", not both" : "")}.");
        if (file is null && context.IsGiven(_budget)) throw new UsageException($"{_budget.Name} chooses a total of an allocation: give it with {_file.Name}, or leave it out.");
        return isSame ? new PointsPerClass(context.Value(same), null, null) : new PointsPerClass(null, AllocationFile.Load(file!), context.IsGiven(_budget) ? context.Value(_budget) : null);
    }
}

/// <summary>Points per class: the same number for every class, or one for each.</summary>
/// <param name="Same">The number for all; null with an allocation.</param>
/// <param name="Allocation">One for each; null with the same for all.</param>
/// <param name="Budget">Total of the allocation; null for the only one.</param>
internal sealed record PointsPerClass(int? Same, AllocationFile? Allocation, int? Budget)
{
    /// <summary>The options of each class.</summary>
    /// <exception cref="UsageException">The allocation holds several totals and none was chosen, or not the one that was.</exception>
    /// <exception cref="BadInputException">The allocation was made for other classes, or leaves one out that has samples.</exception>
    public IReadOnlyList<QuantizerOptions> Apply(QuantizerOptions options, IClassSamples samples)
    {
        if (Allocation is null) return [.. Enumerable.Repeat(options with { ImagesPerClass = Same!.Value }, samples.ClassNames.Count)];
        return [.. Allocation.For(Budget, samples.ClassNames).Select((k, c) => k > 0 ? options with { ImagesPerClass = k } : Nothing(options, samples, c))];
    }

    private static QuantizerOptions Nothing(QuantizerOptions options, IClassSamples samples, int classIndex) => samples.SourceIndices(classIndex).Length == 0
        ? options
        : throw new BadInputException($"the allocation gives class '{samples.ClassNames[classIndex]}' no point, but it has samples. Give every class one at least.");
}
