using System.Text.Json;
using Ddoq.Neural.Networks.Classifiers;
using Ddoq.Neural.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>Our classifiers against torchvision: logits at three sizes and the activations on the way, all weights by the rule.</summary>
[Trait("golden", "torchvision")]
public sealed class ClassifierGoldenTests
{
    private const string Suffix = "_train";

    public static TheoryData<string> Cases
    {
        get
        {
            string[] found = [.. Golden.Names("torchvision").Where(n => GoldenTensors.Json("torchvision", $"{n}.json").TryGetProperty("inputs", out _))];
            return [.. found.Length > 0 ? found : [""]];
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_EveryCase_GivesLogitsAndActivations(string name)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var golden = new GoldenTensors("torchvision", $"{name}_io.safetensors");
        var golds = new GoldenNetwork("torchvision", name);
        var network = Classifiers.Create(name, 1000);
        network.eval();
        golds.FillByRule(network);
        var taps = new Taps(network, golden.Names.Where(n => n.StartsWith("0.tap.", StringComparison.Ordinal)).Select(n => n[6..]));
        foreach (var (input, i) in golds.Json.GetProperty("inputs").EnumerateArray().Select((row, i) => (row, i)).Reverse())
        {
            long[] shape = [.. input.GetProperty("shape").EnumerateArray().Select(v => v.GetInt64())];
            golds.Require(golden, $"{i}.logits", network.call(Hashfill.NoiseTensor(input.GetProperty("name").GetString()!, golds.Seed, shape)));
        }
        foreach (var key in golden.Names.Where(n => n.StartsWith("0.tap.", StringComparison.Ordinal)))
            golds.Require(golden, key, Stored(taps[key[6..]], golds.Json.GetProperty("float64_gap").GetProperty(key)));
        Assert.Equal(golds.Json.GetProperty("num_parameters").GetInt64(), network.parameters().Sum(p => p.numel()));
    }

    public static TheoryData<string> TrainingCases
    {
        get
        {
            string[] found = [.. Golden.Names("torchvision").Where(n => n.EndsWith(Suffix, StringComparison.Ordinal))];
            return [.. found.Length > 0 ? found : [""]];
        }
    }

    [Theory]
    [MemberData(nameof(TrainingCases))]
    public void Train_TwoBatches_MovesTheStatisticsOfTheNorms(string name)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var golden = new GoldenTensors("torchvision", $"{name}_io.safetensors");
        var golds = new GoldenNetwork("torchvision", name);
        var model = name[..^Suffix.Length];
        var seed = golds.Json.GetProperty("seed_bn").GetInt64();
        var network = Classifiers.Create(model, 1000);
        golds.FillByRule(network, seed);
        Tensor Input(int step) => Hashfill.NoiseTensor($"{model}.train.input.{step}", seed, 4, 3, 64, 64);
        network.train();
        var state = network.state_dict();
        for (var step = 0; step < 2; step++)
        {
            golds.Require(golden, $"step{step}.logits", network.call(Input(step)));
            foreach (var key in golden.Names.Where(n => n.StartsWith($"step{step}.", StringComparison.Ordinal) && !n.EndsWith("logits", StringComparison.Ordinal)))
                if (key.EndsWith("tracked", StringComparison.Ordinal)) Assert.Equal(golden[key].item<long>(), state[key[6..]].item<long>());
                else golds.Require(golden, key, state[key[6..]]);
        }
        network.eval();
        var x = Input(0);
        golds.Require(golden, "after.eval_logits", LeakCheck.Call(() => network.call(x)));
    }

    [Theory]
    [MemberData(nameof(TrainingCases))]
    public void Train_FirstStepOfEachOptimizer_GivesTheLossesBeforeAndAfterAndTheGradients(string name)
    {
        using var golden = new GoldenTensors("torchvision", $"{name}_io.safetensors");
        foreach (var kind in new[] { "sgd", "adamw" })
        {
            using var scope = NewDisposeScope();
            var found = Training.Run(name, kind, ScalarType.Float32);
            foreach (var key in new[] { $"{kind}.loss.0", $"{kind}.loss.1" }) GoldenTolerance.RequireGradient(found[key], golden[key], key);
            string[] slopes = [.. golden.Names.Where(n => n.StartsWith("grad.", StringComparison.Ordinal))];
            Assert.NotEmpty(slopes);
            foreach (var key in slopes) GoldenTolerance.RequireGradient(found[key], golden[key], key);
        }
    }

    // Three steps amplify rounding beyond the stated tolerance: torch 1.13, which made the data, leaves them by up to 4e-3 of the largest value on
    // another processor, and by 1.3e-2 in float64. So the README's general rule stands in: as near as float64 is, and float64 itself near enough to exclude another rule of the optimizer.
    // AdamW's second step comes so near to a kink that kernels decide: with AVX-512 torch 1.13 itself ends 1.9e-4 from its data (AVX2 in ATen alone 1e-6, in oneDNN too 1.7e-4),
    // we 1.9e-4, and with AVX2 in all three libraries 8e-6. What the data can judge, the rule of the optimizers, is judged there; the first step is judged with this processor's own.
    [Theory]
    [MemberData(nameof(TrainingCases))]
    public void Train_ThreeStepsOfEachOptimizer_EndsAsNearAsFloat64Does(string name)
    {
        using var golden = new GoldenTensors("torchvision", $"{name}_io.safetensors");
        if (!Avx2Kernels.AreHere)
        {
            Avx2Kernels.RunThere(typeof(ClassifierGoldenTests), nameof(Train_ThreeStepsOfEachOptimizer_EndsAsNearAsFloat64Does));
            return;
        }
        foreach (var kind in new[] { "sgd", "adamw" })
        {
            using var scope = NewDisposeScope();
            var (found, exact) = (Training.Run(name, kind, ScalarType.Float32), Training.Run(name, kind, ScalarType.Float64));
            string[] kept = [.. golden.Names.Where(n => n.StartsWith($"{kind}.", StringComparison.Ordinal))];
            Assert.True(kept.Length > 3);
            foreach (var key in kept)
            {
                var gap = Agreement.Distance(exact[key], golden[key]);
                Assert.True(gap <= 2e-2, $"{key}: float64 is off by {gap:G3} of the largest value");
                GoldenTolerance.RequireGradient(found[key], golden[key], key, Math.Max(key.Contains("loss", StringComparison.Ordinal) ? 1e-4 : 1e-3, 3 * gap));
            }
        }
    }

    // The run that the data hold: losses before each step, gradients of the first, the state after the last.
    private static class Training
    {
        public static Dictionary<string, Tensor> Run(string name, string kind, ScalarType type)
        {
            var golds = new GoldenNetwork("torchvision", name);
            var (model, seed) = (name[..^Suffix.Length], golds.Json.GetProperty("seed_opt").GetInt64());
            var network = Classifiers.Create(model, 1000);
            golds.FillByRule(network, seed);
            network.to(type);
            network.train();
            var (held, zero, step) = Optimizer(kind, network, golds.Json.GetProperty(kind));
            using var optimizer = held;
            var labels = tensor(golds.Json.GetProperty("labels").EnumerateArray().Select(l => l.GetInt64()).ToArray());
            var found = new Dictionary<string, Tensor>();
            for (var i = 0; i < golds.Json.GetProperty(kind).GetProperty("steps").GetInt32(); i++)
            {
                zero();
                var x = Hashfill.NoiseTensor($"{model}.opt.input.{i}", seed, 4, 3, 64, 64).to(type);
                var loss = nn.functional.cross_entropy(network.call(x), labels, label_smoothing: 0.1);
                loss.backward();
                found[$"{kind}.loss.{i}"] = loss.detach().view(1);
                if (i == 0)
                    foreach (var (key, parameter) in network.named_parameters()) found[$"grad.{key}"] = parameter.grad!.clone();
                step();
            }
            foreach (var (key, value) in network.state_dict()) found[$"{kind}.after3.{key}"] = value.detach();
            return found;
        }
    }

    // Ours for AdamW; Nesterov's momentum, which no recipe of ours has, by TorchSharp.
    private static (IDisposable Held, Action Zero, Action Step) Optimizer(string kind, nn.Module network, JsonElement settings)
    {
        double Number(string key) => settings.GetProperty(key).GetDouble();
        if (kind == "sgd")
        {
            var sgd = optim.SGD(network.parameters(), Number("lr"), Number("momentum"), weight_decay: Number("weight_decay"), nesterov: settings.GetProperty("nesterov").GetBoolean());
            return (sgd, sgd.zero_grad, () => sgd.step());
        }
        Assert.Equal([0.9, 0.999, 1e-8], [settings.GetProperty("betas")[0].GetDouble(), settings.GetProperty("betas")[1].GetDouble(), Number("eps")]);
        var adam = new Adam([new(network.parameters(), Number("weight_decay"))], Number("lr"), decoupled: true);
        return (adam, adam.ZeroGradients, adam.Step);
    }

    // Of large activations only every fourth channel of the first image was kept, and of very large ones every second pixel.
    private static Tensor Stored(Tensor tap, JsonElement row)
    {
        long[] Shape(string key) => [.. row.GetProperty(key).EnumerateArray().Select(v => v.GetInt64())];
        var (full, kept) = (Shape("full_shape"), Shape("stored_shape"));
        Assert.Equal(full, tap.shape);
        if (full.SequenceEqual(kept)) return tap;
        var channels = kept[^1] == full[^1] / 4 ? full.Length - 1 : 1;
        var picked = tap;
        for (var axis = 0; axis < full.Length; axis++)
        {
            var step = axis == channels ? 4 : axis == 0 || kept[axis] == full[axis] ? 1 : 2;
            if (axis == 0) picked = picked.narrow(0, 0, kept[0]);
            else if (step > 1) picked = picked.index_select(axis, arange(0, full[axis], step));
        }
        return picked;
    }
}
