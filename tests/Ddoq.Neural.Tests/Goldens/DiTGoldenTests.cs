using System.Globalization;
using System.Text.Json;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>Our diffusion transformer against the official code: weights under official names, activations, guidance, gradients, a sampling loop.</summary>
[Trait("golden", "dit")]
public sealed class DiTGoldenTests
{
    public static TheoryData<string> Names => GoldenNetwork.Cases("dit");

    [Theory]
    [MemberData(nameof(Names))]
    public void Forward_OfficialWeights_GivesOutputAndEveryActivation(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTensors("dit", $"{name}_io.safetensors");
        using var quiet = no_grad();
        var network = Load(name);
        var taps = Listen(network);
        var found = network.call(golden["x"], golden["t"], golden["y"]);
        RequireValues(name, "out", found, golden);
        Assert.Equal(golden.Names.Where(n => n.StartsWith("tap.", StringComparison.Ordinal)).Order(), taps.Keys.Order());
        foreach (var (tap, value) in taps) RequireValues(name, tap, value, golden);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Positions_ByFormula_EqualTheOfficialTable(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTensors("dit", $"{name}_io.safetensors");
        GoldenTolerance.RequireValues(new DiT(Shape(name)).state_dict()["pos_embed"], golden["pos_embed"], "pos_embed");
        GoldenTolerance.RequireValues(TimestepEmbedding.Sinusoids(golden["t"]), golden["t_freq_256"], "t_freq_256");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Backward_OfficialWeights_GivesTheGradients(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTensors("dit", $"{name}_io.safetensors");
        var (network, x) = (Load(name), golden["x"].requires_grad_(true));
        var loss = network.call(x, golden["t"], golden["y"]).square().mean();
        loss.backward();
        GoldenTolerance.RequireValues(loss.view(1), golden["grad.loss"], "grad.loss");
        var gradients = network.named_parameters().ToDictionary(p => $"grad.{p.name}", p => p.parameter.grad);
        gradients["grad.x"] = x.grad;
        string[] stored = [.. golden.Names.Where(n => n.StartsWith("grad.", StringComparison.Ordinal) && n != "grad.loss")];
        Assert.NotEmpty(stored);
        foreach (var key in stored) GoldenTolerance.RequireGradient(gradients[key]!, golden[key], key);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Combine_OfficialGuidance_GivesTheGuidedOutput(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTensors("dit", $"{name}_io.safetensors");
        using var quiet = no_grad();
        const string prefix = "out_cfg_";
        string[] guided = [.. golden.Names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal))];
        Assert.SkipWhen(guided.Length == 0, $"the golden data have no guided output of '{name}'");
        foreach (var key in guided)
            RequireValues(name, key, Guided(Load(name), golden["x"], golden["t_cfg"], golden["y_cfg"], double.Parse(key[prefix.Length..], CultureInfo.InvariantCulture)), golden);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_DiffusersNames_GivesTheOfficialWeights(string name)
    {
        using var scope = NewDisposeScope();
        var official = Load(name);
        var other = new DiT(Shape(name));
        Weights.Read(Golden.File("dit", $"{name}_diffusers.safetensors"), other, DiTKeys.Diffusers);
        var state = other.state_dict();
        foreach (var (key, value) in official.state_dict())
            if (key != "pos_embed") Agreement.RequireSameBits(state[key], value, key);
        using var golden = new GoldenTensors("dit", $"{name}_io.safetensors");
        using var quiet = no_grad();
        var (x, t, y) = (golden["x"], golden["t"], golden["y"]);
        RequireValues(name, "out", LeakCheck.Call(() => other.call(x, t, y)), golden);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_DiffusersNamesWithADifferingCopy_IsRefused(string name)
    {
        using var file = WeightsFile.Open(Golden.File("dit", $"{name}_diffusers.safetensors"));
        const string copy = "transformer_blocks.1.norm1.emb.timestep_embedder.linear_2.bias";
        using var folder = new TemporaryFolder();
        var (writer, path) = (new SafetensorsWriter(), Path.Combine(folder.Path, "differs.safetensors"));
        foreach (var (key, shape) in file.Tensors)
        {
            var values = file.ReadFloats(key);
            if (key == copy) values[^1] += 1;
            writer.Add(key, values, [.. shape]);
        }
        writer.Write(path, replace: true);
        using var scope = NewDisposeScope();
        Assert.Contains(copy, Assert.Throws<BadInputException>(() => Weights.Read(path, new DiT(Shape(name)), DiTKeys.Diffusers)).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string> SamplingNames
    {
        get
        {
            string[] found = [.. GoldenNetwork.Cases("dit").Select(row => row.Data).Where(n => n.Length > 0 && Json(n).TryGetProperty("sampling", out _))];
            return [.. found.Length > 0 ? found : [""]];
        }
    }

    [Theory]
    [MemberData(nameof(SamplingNames))]
    public void Sample_GuidedTransformer_FollowsTheOfficialDdimLoop(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = Sampling(name);
        using var quiet = no_grad();
        var found = new DdimSampler(Prediction.Epsilon).Sample((x, t) => GuidedAt(name, golden, x, t).narrow(1, 0, x.shape[1]), golden["z"], Grid(name));
        GoldenTolerance.RequireGradient(found, golden["final_ddim_eta0"], "final_ddim_eta0");
    }

    [Theory]
    [MemberData(nameof(SamplingNames))]
    public void Sample_GuidedTransformer_FollowsTheOfficialAncestralLoop(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = Sampling(name);
        using var quiet = no_grad();
        var (seen, noise) = (new List<Tensor>(), golden["noise"]);
        Tensor Denoise(Tensor x, int t)
        {
            seen.Add(x.clone().DetachFromDisposeScope());
            return GuidedAt(name, golden, x, t);
        }
        var sampler = new DdpmSampler(Prediction.Epsilon) { Variance = Shape(name).LearnSigma ? StepVariance.Learned : StepVariance.FixedLarge };
        var end = sampler.Sample(Denoise, golden["z"], Grid(name), (k, _) => noise[k]);
        GoldenTolerance.RequireGradient(stack([.. seen.Skip(1), end]), golden["trajectory"], "trajectory");
        var clipped = (sampler with { Clip = 1 }).Sample(Denoise, golden["z"], Grid(name), (k, _) => noise[k]);
        GoldenTolerance.RequireGradient(clipped, golden["final_clip_denoised"], "final_clip_denoised");
    }

    [Theory]
    [MemberData(nameof(SamplingNames))]
    public void DiffusionLoss_OfTheTransformer_IsTheOfficialOne(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = Sampling(name);
        Assert.SkipUnless(golden.Names.Contains("train.loss"), $"the golden data have no training loss of '{name}'");
        using var quiet = no_grad();
        var loss = new DiffusionLoss(StepGrid.Through(NoiseSchedule.Linear(), Timesteps.Respaced("", 1000)));
        int[] steps = [.. golden["train.t"].data<long>().ToArray().Select(t => (int)t)];
        var noised = loss.Noised(golden["train.x0"], golden["train.noise"], steps);
        GoldenTolerance.RequireGradient(noised, golden["train.x_t"], "train.x_t");
        var terms = loss.Terms(Load(name).call(noised, golden["train.t"], golden["train.y"]), golden["train.x0"], golden["train.noise"], steps);
        GoldenTolerance.RequireGradient(terms.Square, golden["train.mse"], "train.mse");
        // In the tails the published code subtracts two float32 numbers next to 1: one rounding moves a value between 6e-8, their spacing, and the bound 1e-12,
        // which is 15.9 bits of one value in the mean of all. So at step 0, where values are coded, one such value may differ; elsewhere none.
        var flip = Math.Log2(Math.Pow(2, -24) / 1e-12) / golden["train.x0"][0].numel();
        var (found, expected) = (terms.Bound.data<float>().ToArray(), golden["train.vb"].data<float>().ToArray());
        for (var i = 0; i < steps.Length; i++)
            Assert.Equal(expected[i], found[i], 1e-4 * expected.Max() + (steps[i] == 0 ? flip : 0));
        GoldenTolerance.RequireGradient(terms.Loss - terms.Bound, golden["train.loss"] - golden["train.vb"], "train.loss - train.vb");
    }

    private static GoldenTensors Sampling(string name) => new("dit", $"{name}_sampling_io.safetensors");

    private static StepGrid Grid(string name) =>
        StepGrid.Through(NoiseSchedule.Linear(), [.. Json(name).GetProperty("sampling").GetProperty("timestep_map").EnumerateArray().Select(t => t.GetInt32()).Reverse()]);

    private static Tensor GuidedAt(string name, GoldenTensors golden, Tensor x, int t) =>
        Guided(Load(name), x, full([x.shape[0]], t, ScalarType.Int64), golden["y"], Json(name).GetProperty("sampling").GetProperty("cfg_scale").GetDouble());

    // The official code runs both halves on the first half's latents and guides three channels only.
    private static Tensor Guided(DiT network, Tensor x, Tensor t, Tensor y, double scale)
    {
        var half = x.narrow(0, 0, x.shape[0] / 2);
        var both = network.call(cat([half, half]), t, y);
        var guided = Guidance.Combine(both.narrow(1, 0, 3), scale);
        return cat([cat([guided, guided]), both.narrow(1, 3, both.shape[1] - 3)], 1);
    }

    private static Dictionary<string, Tensor> Listen(DiT network)
    {
        var taps = new Dictionary<string, Tensor>();
        Tensor Keep(string name, Tensor output)
        {
            taps[$"tap.{name}"] = output.clone().DetachFromDisposeScope();
            return output;
        }
        foreach (var (name, module) in network.named_modules())
        {
            var parts = name.Split('.');
            var tapped = parts is [_] && parts[0] != "blocks" || parts is ["blocks", _] or ["blocks", _, "attn" or "mlp"];
            if (!tapped) continue;
            if (module is nn.Module<Tensor, Tensor> one) one.register_forward_hook((_, _, y) => Keep(name, y));
            else if (module is nn.Module<Tensor, Tensor, Tensor> two) two.register_forward_hook((_, _, _, y) => Keep(name, y));
        }
        return taps;
    }

    private static void RequireValues(string name, string key, Tensor found, GoldenTensors golden) =>
        GoldenTolerance.RequireValues(found, golden[key], key, Json(name).GetProperty("float64_gap").GetProperty(key).GetProperty("max_abs_diff").GetDouble());

    private static DiT Load(string name)
    {
        var network = new DiT(Shape(name));
        Weights.Read(Golden.File("dit", $"{name}_fb.safetensors"), network);
        network.eval();
        return network;
    }

    private static DiTShape Shape(string name)
    {
        var c = Json(name).GetProperty("config");
        int Number(string key) => c.GetProperty(key).GetInt32();
        return new DiTShape(Number("in_channels"), Number("input_size"), Number("input_size"), Number("num_classes"), Number("patch_size"), Number("hidden_size"), Number("depth"), Number("num_heads"), c.GetProperty("learn_sigma").GetBoolean());
    }

    private static JsonElement Json(string name) => GoldenTensors.Json("dit", $"{name}.json");
}
