using System.Globalization;
using Ddoq.Foundations;

namespace Ddoq.Planning;

/// <summary>What can be said against a request before anything is measured.</summary>
internal static class PlanChecks
{
    /// <summary>Images that each class gets at least.</summary>
    /// <exception cref="BadInputException">A class has fewer samples than that, or than the largest number of points, and this was not allowed.</exception>
    public static int[] Least(IReadOnlyList<ClassStudy> classes, PlanOptions options)
    {
        if (classes.All(c => c.Count == 0)) throw new BadInputException("the data have no sample. Give a matrix or a store with at least one.");
        var most = Math.Max(options.ImagesPerClass[^1], options.LeastPerClass);
        for (var c = 0; c < classes.Count && !options.Quantizer.AllowFewer; c++)
            if (classes[c].Count < most) throw TooFew(classes, c, most);
        return [.. classes.Select(c => Math.Min(c.Count, options.LeastPerClass))];
    }

    /// <summary>The totals to spread.</summary>
    /// <exception cref="UsageException">One is less than the least of all classes together, or more than there are samples.</exception>
    public static IReadOnlyList<int> Budgets(IReadOnlyList<ClassStudy> classes, PlanOptions options, int[] least)
    {
        long fewest = least.Sum(k => (long)k), samples = classes.Sum(c => (long)c.Count);
        if (options.Budgets.Count == 0) // where some classes are too small, all of them together may be as well
            return [.. options.ImagesPerClass.Select(k => (long)k * classes.Count).Where(b => b >= fewest && b <= Math.Min(samples, int.MaxValue)).Select(b => (int)b)];
        foreach (var budget in options.Budgets)
        {
            if (budget < fewest) throw new UsageException(Text($"--budget {budget} is less than the {fewest} images that {classes.Count} classes take at least. Give {fewest} or more{(options.LeastPerClass > 1 ? ", or a smaller --min-per-class" : "")}."));
            if (budget > samples) throw new UsageException(Text($"--budget {budget} exceeds the {samples} samples. Give {samples} or less."));
        }
        return options.Budgets;
    }

    private static BadInputException TooFew(IReadOnlyList<ClassStudy> classes, int index, int asked) => new(
        Text($"class {index} ({classes[index].Name}) has {classes[index].Count} samples, but {asked} images per class were asked for. Choose {Math.Max(1, classes.Min(c => c.Count))} or less, or pass --allow-fewer."));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
