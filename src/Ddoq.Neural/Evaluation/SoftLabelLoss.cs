using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Evaluation;

/// <summary>Losses against a teacher's logits or two mixed labels, one number per image: weights and means come after.</summary>
public static class SoftLabelLoss
{
    /// <summary>KL(softmax(teacher/T) || softmax(student/T)); its mean over a batch is torch's "batchmean".</summary>
    /// <param name="student">N x L logits.</param>
    /// <param name="teacher">N x L logits.</param>
    /// <param name="temperature">T, above 0.</param>
    /// <returns>N.</returns>
    public static Tensor Divergence(Tensor student, Tensor teacher, double temperature)
    {
        using var scope = NewDisposeScope();
        var found = nn.functional.log_softmax(student.Over(temperature), 1);
        return nn.functional.kl_div(found, nn.functional.softmax(teacher.Over(temperature), 1), log_target: false, reduction: nn.Reduction.None).sum(1).MoveToOuterDisposeScope();
    }

    /// <summary>T^2 <see cref="Divergence"/> (Hinton et al. 2015): with T^2 the gradient's size does not depend on T.</summary>
    /// <inheritdoc cref="Divergence"/>
    public static Tensor Scaled(Tensor student, Tensor teacher, double temperature)
    {
        using var scope = NewDisposeScope();
        return Divergence(student, teacher, temperature).Times(temperature * temperature).MoveToOuterDisposeScope();
    }

    /// <summary>- sum softmax(teacher) log softmax(student).</summary>
    public static Tensor CrossEntropy(Tensor student, Tensor teacher)
    {
        using var scope = NewDisposeScope();
        return (-(nn.functional.softmax(teacher, 1) * nn.functional.log_softmax(student, 1)).sum(1)).MoveToOuterDisposeScope();
    }

    /// <summary>share l(x, a) + (1 - share) l(x, b): the cross-entropy of images that are mixed of two.</summary>
    /// <param name="student">N x L logits.</param>
    /// <param name="first">N labels.</param>
    /// <param name="second">N labels.</param>
    /// <param name="share">N shares of the first, or one for all.</param>
    /// <returns>N.</returns>
    public static Tensor Mixed(Tensor student, Tensor first, Tensor second, Tensor share)
    {
        using var scope = NewDisposeScope();
        Tensor Of(Tensor labels) => nn.functional.cross_entropy(student, labels, reduction: nn.Reduction.None);
        return (share * Of(first)).Plus(share.SubtractedFrom(1) * Of(second)).MoveToOuterDisposeScope();
    }
}
