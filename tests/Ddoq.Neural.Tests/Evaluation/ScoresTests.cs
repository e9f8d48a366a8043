using Ddoq.Augmentations;
using Ddoq.Datasets;
using Ddoq.Neural.Evaluation;
using Ddoq.Neural.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Evaluation;

public sealed class ScoresTests
{
    [Fact]
    public void Of_ThreeValues_IsTheHandValue()
    {
        var spread = Spread.Of([1, 2, 6]);
        Assert.Equal(3, spread.Mean, 1e-12);
        Assert.Equal(Math.Sqrt(7), spread.Std, 1e-12); // (4 + 1 + 9) / 2
        Assert.Equal(4.303 * Math.Sqrt(7 / 3.0), spread.Ci95, 1e-9);
    }

    [Theory]
    [InlineData(2, 12.706)]
    [InlineData(5, 2.776)]
    [InlineData(31, 2.042)]
    [InlineData(200, 1.96)]
    public void Of_Counts_TakesTheQuantileOfTheirFreedom(int count, double quantile)
    {
        var spread = Spread.Of([.. Enumerable.Range(0, count).Select(i => (double)i)]);
        Assert.Equal(quantile, spread.Ci95 * Math.Sqrt(count) / spread.Std, 1e-9);
    }

    [Fact]
    public void Of_OneOrNone_HasNoSpreadOrIsRefused()
    {
        Assert.Equal(new Spread(0.5, 0, 0), Spread.Of([0.5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Spread.Of([]));
    }

    [Fact]
    public void Accuracy_ConstructedClassifier_CountsItsHits()
    {
        // The classifier names the class that the first pixel says; 4 of 7 images tell the truth.
        byte[] said = [0, 1, 2, 0, 1, 2, 0];
        int[] labels = [0, 1, 2, 0, 2, 1, 1];
        var pixels = said.SelectMany(s => new byte[] { (byte)(100 * s), 9, 200, 9 }).ToArray();
        var data = new InMemoryDataset("told", ["a", "b", "c"], new ImageShape(1, 2, 2), pixels, labels);
        using var classifier = new FirstPixel();
        classifier.train();
        Assert.Equal(4 / 7.0, Accuracy.Of(classifier, new ImageBatches(data, PixelNormalization.Symmetric(1))), 1e-12);
        Assert.True(classifier.training);
        Assert.True(classifier.WasEvaluating);
    }

    private sealed class FirstPixel() : nn.Module<Tensor, Tensor>("first pixel")
    {
        public bool WasEvaluating { get; private set; }

        public override Tensor forward(Tensor input)
        {
            WasEvaluating = !training;
            var level = (input[.., 0, 0, 0] + 1) * 127.5 / 100;
            return -(level.unsqueeze(1) - arange(3)).square();
        }
    }
}
