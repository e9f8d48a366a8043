using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Cli.Pipeline;

/// <summary>Weight rules as the command line and manifests name them: "square-root".</summary>
internal static class WeightRuleNames
{
    private static readonly (string Name, WeightRule Rule)[] Rules =
    [
        ("square-root", WeightRule.SquareRoot), ("raw", WeightRule.Raw), ("equal", WeightRule.Equal), ("raw-mass", WeightRule.RawMass),
        ("square-root-relative", WeightRule.SquareRootRelative), ("square-root-total", WeightRule.SquareRootTotal), ("permuted", WeightRule.Permuted),
    ];

    /// <summary>All names.</summary>
    public static string[] All { get; } = [.. Rules.Select(r => r.Name)];

    /// <summary>Names of the rules whose factors have mean one within a class, as a distilled set stores them.</summary>
    public static string[] MeanOne { get; } = ["square-root", "raw", "equal"];

    public static string Of(WeightRule rule) => Rules.Single(r => r.Rule == rule).Name;

    /// <exception cref="BadInputException">The set names a rule of another program.</exception>
    public static WeightRule Parse(string name) => Rules.FirstOrDefault(r => r.Name == name) is { Name: not null } found
        ? found.Rule
        : throw new BadInputException($"the set's weight rule '{name}' is unknown. Choose one with --weights: {string.Join(", ", All)}.");
}
