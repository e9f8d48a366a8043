using System.Reflection;
using Ddoq.Augmentations;
using Ddoq.Foundations;
using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Evaluation;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.StableDiffusion;
using Ddoq.Neural.Training;
using TorchSharp;

namespace Ddoq.Neural.Tests.Runtime;

/// <summary>
/// What runs on several threads, and what training can reach, makes no TorchSharp Scalar that nothing holds: one that the garbage collector frees too early ends the process,
/// rarely and without a message, so no run can show that it is not there. The compiled code can.
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

    // Whatever training can reach: its own loops, losses and views, and the networks, down to the modules of TorchSharp that they are made of.
    [Fact]
    public void Library_OutsideTheArithmeticOfHeldNumbers_MakesNoScalar()
    {
        var found = from type in typeof(VaeCodec).Assembly.GetTypes()
                    where !IsExempt(type)
                    from method in type.GetMethods(Everything).Concat<MethodBase>(type.GetConstructors(Everything))
                    from callee in Calls(method)
                    where callee.Module.Assembly == typeof(Scalar).Assembly
                    let path = OfTorchSharp(callee)
                    where path is not null
                    select $"{type.FullName}.{method.Name} > {path}";
        Assert.Empty(found);
    }

    // Samplers and theory checks run on one thread.
    private static bool IsExempt(Type type) =>
        type == typeof(TensorArithmetic) || type == typeof(ConvolutionCheck)
        || (type.Namespace is "Ddoq.Neural.Diffusion" or "Ddoq.Neural.Theory" && type != typeof(Predictions));

    private static string? OfTorchSharp(MethodBase callee)
    {
        if (callee.DeclaringType == typeof(Scalar) || callee.DeclaringType == typeof(torch.optim)) return callee.ToString();
        if (PathToScalar(callee, 0, []) is { } path) return path;
        // A factory of a module: what counts is the module's own code, which is called through its base.
        return callee is MethodInfo { ReturnType: var module } && callee.DeclaringType == typeof(torch.nn) && module.IsSubclassOf(typeof(torch.nn.Module))
            ? module.GetMethods().Where(m => m.Name == "forward").Select(m => PathToScalar(m, 0, [])).FirstOrDefault(p => p is not null)
            : null;
    }

    [Fact]
    public void Train_WhileGarbageIsCollectedAllTheTime_GivesTheSameBits()
    {
        var quiet = TrainAll();
        Assert.Equal(quiet, WhileCollecting(TrainAll));
    }

    // Without the hold it failed in each of four tries.
    [Fact]
    public void Arithmetic_WhileGarbageIsCollectedAllTheTime_ReadsTheNumbersThatWereGiven()
    {
        using var one = torch.ones(1);
        var wrong = WhileCollecting(() =>
        {
            var (clock, bad) = (System.Diagnostics.Stopwatch.StartNew(), 0);
            while (clock.ElapsedMilliseconds < 1500)
            {
                using var scope = torch.NewDisposeScope();
                for (var i = 1; i <= 64; i++)
                    if (one.Times(i).Plus(one, 0.5).Over(2).Minus(0.25).item<float>() != i / 2f) bad++;
            }
            return bad;
        });
        Assert.Equal(0, wrong);
    }

    private static T WhileCollecting<T>(Func<T> work)
    {
        using var done = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect(0, GCCollectionMode.Forced, blocking: true);
                Thread.SpinWait(10_000); // lets the work get on
            }
        });
        collector.Start();
        try
        {
            return work();
        }
        finally
        {
            done.Cancel();
            collector.Join();
        }
    }

    // Losses of students under each optimizer, target and change of views, and the weights of a model.
    private static List<double> TrainAll()
    {
        var losses = new List<double>();
        var set = SmallSets.Distilled([[3, 1], [2, 2], [1, 5]]);
        StudentProtocol plain = new() { Name = "test", Student = new Student { Width = 8, Depth = 2 }, Epochs = 8, BatchSize = 4, LearningRate = 0.02, WeightDecay = 1e-3, Evaluations = 1 };
        StudentProtocol[] protocols =
        [
            plain with { Siamese = ["color", "crop", "cutout", "flip", "scale", "rotate"], Decay = RateDecay.StepAtHalf },
            plain with { Optimizer = StudentOptimizer.AdamW, Augmentation = new Augmentation { Mix = MixKind.CutMix }, DecaysVectors = false },
            plain with { Optimizer = StudentOptimizer.Adam },
        ];
        foreach (var protocol in protocols)
            StudentTraining.TrainOne(set, SmallSets.Images(6), protocol, 0, new SeedSequence(1), (_, loss) => losses.Add(loss));

        using var scope = torch.NewDisposeScope();
        var network = new ConvNet(new ConvNetShape(SmallSets.Shape, 3, 8, 2)).WithTorchDefaults(new SeedSequence(2));
        var (images, teacher) = (new Draws("held").Normal(24, 1, 8, 8), new Draws("held").Normal(24, 3));
        var schedule = new FitSchedule { Epochs = 4, BatchSize = 4, AverageDecay = 0.9 };
        new FitLoop("toy", network, schedule, new SeedSequence(1)).Run(24, (rows, _) =>
        {
            var index = torch.tensor(Array.ConvertAll(rows, r => (long)r));
            return SoftLabelLoss.Scaled(network.call(images.index_select(0, index)), teacher.index_select(0, index), 4).mean();
        }, null, default);
        losses.AddRange(network.parameters().SelectMany(p => p.ToFloats()).Select(f => (double)f));
        return losses;
    }

    // The calls in the code of a method, followed into this project and TorchSharp. The check of a new shape runs alone and the arithmetic holds its numbers: both are left out.
    private static string? PathToScalar(MethodBase method, int depth, HashSet<MethodBase> seen)
    {
        if (method.DeclaringType == typeof(ConvolutionCheck) || method.DeclaringType == typeof(TensorArithmetic) || depth > 8 || !seen.Add(method)) return null;
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
