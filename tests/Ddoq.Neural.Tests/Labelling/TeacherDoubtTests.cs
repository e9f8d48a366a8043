using Ddoq.Latents;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Labelling;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Labelling;

public sealed class TeacherDoubtTests
{
    // From stored features as from the images themselves: the root of the mean Brier score of each class.
    [Fact]
    public void Of_EveryClass_IsTheRootOfTheMeanBrierScore()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var (images, teacher) = (SmallSets.Images(60), SmallSets.Teacher(folder));
        var found = TeacherDoubt.Of(teacher, DatasetEncoding.Encode(images, new TeacherFeatures(teacher), folder["features"], LatentPrecision.Float32));
        Assert.Equal(images.ClassNames.Count, found.Length);
        for (var c = 0; c < found.Length; c++)
        {
            int[] rows = [.. Enumerable.Range(0, images.Count).Where(i => images.Labels.Span[i] == c)];
            var scores = rows.Select(row =>
            {
                var p = nn.functional.softmax(teacher.Network.call(new ImageBatches(images, teacher.Normalization).Plain([row])), 1).ToFloats();
                return p.Select((value, l) => Math.Pow(value - (l == c ? 1 : 0), 2)).Sum();
            });
            Assert.Equal(Math.Sqrt(scores.Average()), found[c], 1e-5);
        }
    }
}
