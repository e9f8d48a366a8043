namespace Ddoq.Quantization;

/// <summary>Makes the quantizer that options ask for.</summary>
public static class Quantizers
{
    /// <summary>A quantizer for one class at a time.</summary>
    /// <param name="options">Options.</param>
    /// <param name="threads">Threads to use within a class; 0 for all processors.</param>
    public static IQuantizer Create(QuantizerOptions options, int threads = 1) => options.Algorithm switch
    {
        QuantizerAlgorithm.Lloyd => new LloydQuantizer(options, threads),
        QuantizerAlgorithm.Clvq => new ClvqQuantizer(options, threads),
        QuantizerAlgorithm.MiniBatch => new MiniBatchQuantizer(options, threads),
        QuantizerAlgorithm.Balanced => new BalancedQuantizer(options, threads),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Algorithm, "not an algorithm."),
    };
}
