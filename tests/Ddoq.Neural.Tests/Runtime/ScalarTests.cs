using System.Reflection;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.StableDiffusion;
using Ddoq.Neural.Training;
using TorchSharp;

namespace Ddoq.Neural.Tests.Runtime;

/// <summary>
/// What runs on several threads makes no TorchSharp Scalar: one that the garbage collector frees too early ends the process, rarely and
/// without a message, so no run can show that it is not there. The compiled code can.
/// </summary>
public sealed class ScalarTests
{
    private const BindingFlags Everything = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    [Theory]
    [InlineData(typeof(VaeCodec), nameof(VaeCodec.Encode))]
    [InlineData(typeof(VaeCodec), nameof(VaeCodec.Decode))]
    [InlineData(typeof(PcaCodec), nameof(PcaCodec.Encode))]
    [InlineData(typeof(PcaCodec), nameof(PcaCodec.Decode))]
    [InlineData(typeof(AutoencoderKL), nameof(AutoencoderKL.Moments))]
    [InlineData(typeof(AutoencoderKL), nameof(AutoencoderKL.Decode))]
    [InlineData(typeof(ResidualBlock), nameof(ResidualBlock.forward))]
    [InlineData(typeof(PixelAttention), nameof(PixelAttention.forward))]
    [InlineData(typeof(KLEncoder), nameof(KLEncoder.forward))]
    [InlineData(typeof(KLDecoder), nameof(KLDecoder.forward))]
    [InlineData(typeof(KLStage), nameof(KLStage.forward))]
    [InlineData(typeof(KLMiddle), nameof(KLMiddle.forward))]
    [InlineData(typeof(ChannelNorm), nameof(ChannelNorm.Activated))]
    [InlineData(typeof(Upsample), nameof(Upsample.To))]
    [InlineData(typeof(Downsample), nameof(Downsample.forward))]
    [InlineData(typeof(Convolution), nameof(Convolution.forward))]
    [InlineData(typeof(ConvNet), nameof(ConvNet.forward))]
    [InlineData(typeof(InstanceNorm), nameof(InstanceNorm.forward))]
    [InlineData(typeof(HalvingPool), nameof(HalvingPool.forward))]
    [InlineData(typeof(ImageBatches), nameof(ImageBatches.Views))]
    public void SharedCode_WhateverItCalls_MakesNoScalar(Type type, string method)
    {
        foreach (var root in type.GetMethods(Everything).Where(m => m.Name == method)) Assert.Null(PathToScalar(root, 0, []));
    }

    [Fact]
    public void PathToScalar_TensorPlusTensor_IsFound() => Assert.NotNull(PathToScalar(((Func<torch.Tensor, torch.Tensor>)(x => x + x)).Method, 0, []));

    // The calls in the code of a method, followed into this project and TorchSharp. The check of a new shape runs alone and is left out.
    private static string? PathToScalar(MethodBase method, int depth, HashSet<MethodBase> seen)
    {
        if (method.DeclaringType == typeof(ConvolutionCheck) || depth > 8 || !seen.Add(method)) return null;
        foreach (var callee in Calls(method))
        {
            if (callee.DeclaringType == typeof(Scalar) && (callee.IsConstructor || callee.Name == "op_Implicit")) return callee.ToString();
            if (callee.Module.Assembly != typeof(Scalar).Assembly && callee.Module.Assembly != typeof(VaeCodec).Assembly) continue;
            if (PathToScalar(callee, depth + 1, seen) is { } path) return $"{method.DeclaringType?.Name}.{method.Name} > {path}";
        }
        return null;
    }

    private static IEnumerable<MethodBase> Calls(MethodBase method)
    {
        const byte call = 0x28, virtualCall = 0x6F, create = 0x73;
        var code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var i = 0; i + 4 < code.Length; i++)
            if (code[i] is call or virtualCall or create && Resolve(method, BitConverter.ToInt32(code, i + 1)) is { } callee) yield return callee;
    }

    // Bytes that only look like a call resolve to nothing, or to a method too many: that can only make the test stricter.
    private static MethodBase? Resolve(MethodBase method, int token)
    {
        try
        {
            var ofType = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
            return method.Module.ResolveMethod(token, ofType, method.IsGenericMethod ? method.GetGenericArguments() : null);
        }
        catch (Exception e) when (e is ArgumentException or BadImageFormatException)
        {
            return null;
        }
    }
}
