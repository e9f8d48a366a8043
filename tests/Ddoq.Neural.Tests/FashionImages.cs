using Ddoq.Datasets;

namespace Ddoq.Neural.Tests;

/// <summary>Real images, from Debian's folder or the one named by DDOQ_FASHION_MNIST. Nothing is fetched: tests skip without them.</summary>
internal static class FashionImages
{
    private static readonly Lazy<InMemoryDataset?> All = new(() => Open(DatasetPart.Train));

    /// <summary>Training images <paramref name="first"/>, ..., <paramref name="first"/> + <paramref name="count"/> - 1; their classes are mixed.</summary>
    public static InMemoryDataset Take(int count, int first = 0)
    {
        var all = All.Value;
        if (all is null) Assert.Skip("Fashion-MNIST is not on this machine: install dataset-fashion-mnist or set DDOQ_FASHION_MNIST");
        var size = all.Shape.Size;
        return new InMemoryDataset("fashion-mnist-part", all.ClassNames, all.Shape, all.Pixels.Slice(first * size, count * size).ToArray(), all.Labels.Slice(first, count).ToArray());
    }

    private static InMemoryDataset? Open(DatasetPart part)
    {
        var places = FashionMnistPlaces.FromEnvironment() with { AllowNetwork = false };
        try
        {
            return FashionMnist.Open(part, places);
        }
        catch (Foundations.WorkFailedException)
        {
            return null;
        }
    }
}
