using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>
/// Addition for code that runs on several threads. TorchSharp's a + b makes a Scalar 1 (the factor of b) that the garbage collector may
/// free while native code still reads it (decision 0005); the one here lasts as long as the process.
/// </summary>
internal static class LastingScalar
{
    private static readonly Scalar One = 1;

    /// <summary>a + b.</summary>
    public static Tensor Plus(this Tensor a, Tensor b) => a.add(b, One);

    /// <summary>a += b.</summary>
    public static Tensor PlusInPlace(this Tensor a, Tensor b) => a.add_(b, One);
}
