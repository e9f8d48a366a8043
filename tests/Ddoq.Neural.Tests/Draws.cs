using Ddoq.Foundations;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests;

/// <summary>Random operands; the n-th tensor of a test has the same values whatever else was drawn.</summary>
internal sealed class Draws(string test)
{
    private int _drawn;

    /// <summary>Standard normal, float32.</summary>
    public Tensor Normal(params long[] shape) => Initialization.Gaussian(new SeedSequence(0xC0DE).Stream(test, _drawn++), shape);

    /// <summary>Integers in [0, bound), int64.</summary>
    public Tensor Integers(int bound, long count)
    {
        var stream = new SeedSequence(0xC0DE).Stream(test, _drawn++);
        var values = new long[count];
        for (var i = 0; i < count; i++) values[i] = stream.Next(bound);
        return tensor(values);
    }
}
