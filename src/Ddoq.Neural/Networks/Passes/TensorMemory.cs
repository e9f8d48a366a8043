using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.Passes;

/// <summary>Between tensors and the memory that a pass works on.</summary>
internal static unsafe class TensorMemory
{
    /// <summary>First number of a contiguous float32 tensor on the CPU. Valid while the tensor lives.</summary>
    public static float* Pointer(Tensor t) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(t.bytes));

    /// <summary>Adds to a parameter's gradient, as a backward pass of the library does.</summary>
    public static void AddGradient(Parameter parameter, Tensor slope)
    {
        using var held = parameter.grad;
        if (held is null) parameter.grad = slope.contiguous().view(parameter.shape);
        else held.PlusInPlace(slope.view(parameter.shape));
    }
}
