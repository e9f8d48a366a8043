using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Neural.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Evaluation;

public sealed class ViewChangeTests
{
    private static readonly PixelNormalization Grey = new([0.3f], [0.35f]), Colour = new([0.5f, 0.4f, 0.3f], [0.2f, 0.3f, 0.25f]);

    // An image's change follows from its row and the epoch, the operation from the step: not from who else is in the batch.
    [Fact]
    public void Apply_Siamese_DoesNotDependOnTheBatch()
    {
        using var scope = NewDisposeScope();
        var change = new ViewChange(Protocols.Named("A-dsa", new(new ImageShape(1, 28, 28), 10, 1)), Grey, 5);
        var x = new Draws("siamese").Normal(4, 1, 28, 28);
        var different = 0;
        for (var step = 0; step < 12; step++)
        {
            var all = change.Apply(x, [7, 3, 9, 2], 1, step);
            Agreement.Require(change.Apply(x[1].unsqueeze(0), [3], 1, step)[0], all[1], 1e-5);
            if ((all - x).abs().max().item<float>() > 1e-3) different++;
        }
        Assert.InRange(different, 10, 12);
    }

    [Fact]
    public void Apply_ColourJitterAndLighting_ChangeColoursWithinTheirBounds()
    {
        using var scope = NewDisposeScope();
        var protocol = Protocols.Named("B", new(new ImageShape(3, 224, 224), 10, 10));
        var pixels = new Draws("colours").Normal(8, 3, 6, 6).sigmoid();
        var (mean, std) = (tensor(Colour.Mean.ToArray(), [1, 3, 1, 1]), tensor(Colour.Std.ToArray(), [1, 3, 1, 1]));
        var change = new ViewChange(protocol, Colour, 5);
        Assert.False(change.IsNone);
        var found = change.Apply((pixels - mean) / std, [.. Enumerable.Range(0, 8)], 2, 0) * std + mean;
        Assert.InRange((found - pixels).abs().mean().item<float>(), 0.02f, 0.4f);
        Assert.InRange(found.max().item<float>(), 0.5f, 1.2f); // jitter stays in [0, 1], lighting adds a little
        Assert.True(new ViewChange(protocol with { ColourJitter = 0, Lighting = 0 }, Colour, 5).IsNone);
    }

    [Fact]
    public void Lighting_ManyDraws_HaveImageNetsPrincipalColours()
    {
        using var scope = NewDisposeScope();
        var protocol = Protocols.Named("B", new(new ImageShape(3, 224, 224), 10, 10)) with { ColourJitter = 0, Lighting = 1 };
        var identity = new PixelNormalization([0, 0, 0], [1, 1, 1]);
        var shifts = new ViewChange(protocol, identity, 5).Apply(zeros(4000, 3, 1, 1), [.. Enumerable.Range(0, 4000)], 0, 0).view(4000, 3);
        // The first component is grey to within a per cent, with deviation 0.2175.
        var grey = shifts.mm(tensor(new[] { 0.5675f, 0.5808f, 0.5836f }, [3, 1]));
        Assert.Equal(0.2175, grey.std().item<float>(), 0.01);
        Assert.Equal(0.0188, shifts.mm(tensor(new[] { 0.7192f, -0.0045f, -0.6948f }, [3, 1])).std().item<float>(), 0.002);
    }
}
