using Ddoq.Augmentations;
using Ddoq.Cli.Models;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary>What a set made of a codebook's points needs beside their images.</summary>
internal static class SetOrigins
{
    /// <summary>Refuses a codebook in which a class has no point: a distilled set stands for every class.</summary>
    /// <exception cref="BadInputException">A class has no point.</exception>
    public static void RequireAllClasses(Codebook codebook, string path)
    {
        if (codebook.Classes.FirstOrDefault(c => c.Count == 0) is { } empty)
            throw new BadInputException($"'{path}': class '{empty.Name}' has no point, so no image can stand for it. Quantize data that has samples of every class.");
    }

    /// <summary>Models that made the images.</summary>
    public static IReadOnlyList<ModelReference> Models(PriorChoice choice) =>
    [
        new("encoder", choice.Codec.Name, choice.Codec.Hash),
        .. choice.Prior.Hash.Length > 0 ? [new ModelReference("prior", choice.Prior.Name, choice.Prior.Hash)] : Array.Empty<ModelReference>(),
    ];

    /// <summary>Statistics of a data set as a manifest keeps them.</summary>
    public static PixelNormalisation NormalisationOf(IImageDataset images)
    {
        var found = PixelNormalization.Of(images);
        return new([.. found.Mean.Select(m => (double)m)], [.. found.Std.Select(s => (double)s)]);
    }
}
