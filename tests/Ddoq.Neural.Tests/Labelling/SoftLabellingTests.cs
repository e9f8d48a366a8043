using Ddoq.Augmentations;
using Ddoq.Foundations;
using Ddoq.Neural.Labelling;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Labelling;

public sealed class SoftLabellingTests
{
    private static readonly LabelOptions Options = new() { Views = 3, Augmentation = new Augmentation { Shift = 2 }, Temperature = 3 };

    // 260 images are labelled as 250 and 10; each alone must get the same logits, from the view that a student makes again.
    [Fact]
    public void Label_EveryImageAndView_IsTheTeacherOnTheRecomputedView()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var (images, teacher) = (SmallSets.Images(260), SmallSets.Teacher(folder));
        var labels = SoftLabelling.Label(images, teacher, Options, new SeedSequence(7));
        var student = new ImageBatches(images, teacher.Normalization);
        foreach (var row in new[] { 0, 131, 249, 250, 259 })
            for (var view = 0; view < Options.Views; view++)
            {
                var alone = teacher.Network.call(student.Views([row], Augmentation.Parse(labels.AugmentationName), labels.AugmentationSeed, view)).ToFloats();
                var stored = labels.View(row, view).ToArray();
                for (var l = 0; l < alone.Length; l++) Assert.Equal(alone[l], (float)stored[l], 1e-3f * Math.Max(1, Math.Abs(alone[l])));
            }
    }

    [Fact]
    public void Label_SameSeed_IsTheSameAndAnotherDiffers()
    {
        using var folder = new TemporaryFolder();
        var (images, teacher) = (SmallSets.Images(20), SmallSets.Teacher(folder));
        Half[] Logits(ulong seed) => SoftLabelling.Label(images, teacher, Options, new SeedSequence(seed)).Logits.ToArray();
        Assert.Equal(Logits(1), Logits(1));
        Assert.NotEqual(Logits(1), Logits(2));
    }

    [Fact]
    public void Label_WithoutAugmentation_GivesEqualViews()
    {
        using var folder = new TemporaryFolder();
        var labels = SoftLabelling.Label(SmallSets.Images(9), SmallSets.Teacher(folder), Options with { Augmentation = Augmentation.None }, new SeedSequence(1));
        for (var i = 0; i < 9; i++) Assert.Equal(labels.View(i, 0).ToArray(), labels.View(i, 2).ToArray());
    }

    [Fact]
    public void Label_SaysWhoAndHow()
    {
        using var folder = new TemporaryFolder();
        var teacher = SmallSets.Teacher(folder);
        var labels = SoftLabelling.Label(SmallSets.Images(4), teacher, Options, new SeedSequence(1));
        Assert.Equal((4, 3, 3, 3f), (labels.Count, labels.Views, labels.Classes, labels.Temperature));
        Assert.Equal(("ConvNet-2 w8", teacher.Hash, "shift=2,flip=1"), (labels.TeacherName, labels.TeacherHash, labels.AugmentationName));
    }

    [Fact]
    public void Label_ImagesThatTheTeacherDoesNotKnow_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var teacher = SmallSets.Teacher(folder);
        Assert.Contains("takes images of 1x8x8", Assert.Throws<BadInputException>(() => SoftLabelling.Label(SmallSets.Images(3, shape: new(1, 8, 9)), teacher, Options, default)).Message);
        var renamed = new Ddoq.Datasets.InMemoryDataset("other", ["c", "b", "a"], SmallSets.Shape, new byte[64], [0]);
        Assert.Contains("Names and order must agree", Assert.Throws<BadInputException>(() => SoftLabelling.Label(renamed, teacher, Options, default)).Message);
    }
}
