using System.Globalization;
using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.Classifiers;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Evaluation;

/// <summary>A student's network by name: a ConvNet of some depth and width, or one of <see cref="Classifiers.Names"/>.</summary>
public sealed record Student
{
    private const string ConvNetPrefix = "convnet";

    /// <summary>A classifier's name, or null for a ConvNet.</summary>
    public string? Classifier { get; init; }

    /// <summary>Layers of the ConvNet.</summary>
    public int Depth { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Depth), value, "at least 1"); } = 3;

    /// <summary>Filters per layer of the ConvNet.</summary>
    public int Width { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Width), value, "at least 1"); } = 128;

    /// <summary>Normalization in the ConvNet.</summary>
    public ConvNetNorm Norm { get; init; } = ConvNetNorm.Instance;

    /// <summary>Reads "convnet3", "convnet3-w32" or the name of a classifier; a ConvNet without a width has 128.</summary>
    /// <exception cref="UsageException">There is no such network.</exception>
    public static Student Named(string name)
    {
        if (Classifiers.Names.Contains(name)) return new Student { Classifier = name };
        var parts = name.Split("-w");
        if (parts[0].StartsWith(ConvNetPrefix, StringComparison.Ordinal) && int.TryParse(parts[0][ConvNetPrefix.Length..], CultureInfo.InvariantCulture, out var depth) && depth is >= 1 and <= 8)
        {
            if (parts.Length == 1) return new Student { Depth = depth };
            if (parts.Length == 2 && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var width) && width is >= 1 and <= 4096) return new Student { Depth = depth, Width = width };
        }
        throw new UsageException($"student '{name}' is unknown: expected convnetD or convnetD-wN (D layers of N filters), or one of {string.Join(", ", Classifiers.Names)}.");
    }

    /// <summary>The network, with zero weights.</summary>
    /// <param name="input">Image shape.</param>
    /// <param name="classes">L.</param>
    /// <param name="dropSeed">Seed of dropout and stochastic depth.</param>
    public nn.Module<Tensor, Tensor> Create(ImageShape input, int classes, ulong dropSeed) => Classifier is { } name
        ? Classifiers.Create(name, classes, input, dropSeed)
        : new ConvNet(new ConvNetShape(input, classes, Width, Depth, Norm));

    /// <summary>As tables name it: "ConvNet-3 w128", "resnet18".</summary>
    public override string ToString() => Classifier ?? $"ConvNet-{Depth} w{Width}{(Norm == ConvNetNorm.Instance ? "" : $" {Norm.ToString().ToLowerInvariant()} norm")}";
}
