using Ddoq.Foundations;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Runtime;

/// <summary>Guards a user's machine: a matrix product and a few convolutions against double precision, in milliseconds.</summary>
internal static class ArithmeticCheck
{
    // Channel counts on both sides of the blocks of 8 and 16, the first and last layers of our networks among them.
    private static readonly (long Inputs, long Outputs, int Kernel, int Stride)[] Layers = [(1, 64, 3, 1), (17, 24, 3, 1), (32, 6, 1, 1), (8, 20, 3, 2)];

    public static void Run()
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(0x0DD0, CPU);
        Tensor Random(params long[] size) => randn(size, ScalarType.Float32, CPU, generator: generator);

        var (a, b) = (Random(37, 65), Random(65, 41));
        Require("matrix product 37x65x41", a.mm(b), a.to(ScalarType.Float64).mm(b.to(ScalarType.Float64)));
        foreach (var (inputs, outputs, kernel, stride) in Layers)
        {
            var geometry = new ConvolutionGeometry(stride, kernel / 2);
            var (x, w) = (Random(2, inputs, 9, 9), Random(outputs, inputs, kernel, kernel));
            var found = Convolutions.Convolve(x, w, null, geometry);
            var expected = Convolutions.Convolve(x.to(ScalarType.Float64), w.to(ScalarType.Float64), null, geometry);
            Require($"convolution {kernel}x{kernel} {inputs}->{outputs} stride {stride}", found, expected);
        }
    }

    private static void Require(string what, Tensor found, Tensor expected)
    {
        var error = ((found.to(ScalarType.Float64) - expected).abs().max() / expected.abs().max()).item<double>();
        if (!(error < 1e-4))
            throw new WorkFailedException($"libtorch computes wrong numbers on this processor: {what} is off by {error:G3} of its largest value. Nothing was run. Please report the processor model; setting ONEDNN_MAX_CPU_ISA=SSE41 may help.");
    }
}
