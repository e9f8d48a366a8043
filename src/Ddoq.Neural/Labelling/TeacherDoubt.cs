using Ddoq.Latents;
using Ddoq.Neural.Networks;
using Ddoq.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Labelling;

/// <summary>How unsure a teacher is of the images of each class.</summary>
public static class TeacherDoubt
{
    /// <summary>
    /// Root mean square over the class's images of |p - e_c|, where p are the teacher's probabilities and e_c is the class: the gradient of the cross-entropy at the logits, and the square root of
    /// the Brier score. From 0, sure and right, to the square root of 2, sure and wrong; 0 for a class without images.
    /// </summary>
    /// <param name="teacher">The teacher.</param>
    /// <param name="features">What <see cref="TeacherFeatures"/> of it made of the images.</param>
    /// <returns>One number per class.</returns>
    public static double[] Of(Teacher teacher, LatentStore features) => [.. Enumerable.Range(0, features.ClassCount).Select(c => OfClass(teacher, features.ReadClass(c), c))];

    private static double OfClass(Teacher teacher, SampleMatrix features, int label)
    {
        if (features.Count == 0) return 0;
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var probabilities = nn.functional.softmax(teacher.Network.Classify(tensor(features.Values.ToArray(), [features.Count, features.Dimension])), 1).ToFloats();
        var classes = probabilities.Length / features.Count;
        double sum = 0;
        for (var i = 0; i < probabilities.Length; i++)
        {
            var off = probabilities[i] - (i % classes == label ? 1.0 : 0.0);
            sum += off * off;
        }
        return Math.Sqrt(sum / features.Count);
    }
}
