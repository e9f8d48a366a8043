using Ddoq.Theory.Checks;

namespace Ddoq.Neural.Theory;

/// <summary>The checks that run through networks and samplers; libtorch must have been started.</summary>
public static class NeuralTheoryChecks
{
    /// <summary>In the order of their numbers.</summary>
    public static IReadOnlyList<ITheoryCheck> All { get; } = [new ReverseFlowCheck(), new WeightedGradientCheck(), new DecoderErrorCheck(), new CopiesCheck(), new ConstantWeightsCheck(), new LatentWeightsCheck()];
}
