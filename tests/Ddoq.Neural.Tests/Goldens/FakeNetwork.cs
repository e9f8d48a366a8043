using System.Text.Json;
using Ddoq.Neural.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>The network and step noise of one case of the golden schedulers, and the sample after every step.</summary>
internal sealed class FakeNetwork(string file, string name)
{
    private readonly long _seed = GoldenTensors.Json("schedulers", file).GetProperty("seed").GetInt64();

    public JsonElement Case { get; } = GoldenTensors.Json("schedulers", file).GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("case").GetString() == name);

    /// <summary>Names of the cases, or one empty name where there are none, so that a skipped test stands for them.</summary>
    public static TheoryData<string> Cases(string file)
    {
        if (!Golden.Names("schedulers").Contains(Path.GetFileNameWithoutExtension(file))) return [""];
        return [.. GoldenTensors.Json("schedulers", file).GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("case").GetString()!)];
    }

    public int Number(string key) => Case.GetProperty(key).GetInt32();

    public int[] Timesteps(string key) => [.. Case.GetProperty(key).EnumerateArray().Select(t => t.GetInt32())];

    /// <summary>The sample after each step, each step asking the network once.</summary>
    public Tensor[] Trajectory(ISampler sampler, Tensor start, StepGrid grid, bool learned = false)
    {
        var seen = new List<Tensor>();
        Tensor Fake(Tensor x, int timestep)
        {
            var k = seen.Count;
            Assert.Equal(grid.Steps[k].Timestep, timestep);
            seen.Add(x.clone().DetachFromDisposeScope());
            var predicted = 0.25 * x + 0.75 * Hashfill.NoiseTensor($"{name}.model.{k}", _seed, x.shape);
            return learned ? cat([predicted, tensor(Hashfill.Data($"{name}.var.{k}", _seed, x.numel()), x.shape)], 1) : predicted;
        }
        var end = sampler.Sample(Fake, start, grid, (k, like) => Hashfill.NoiseTensor($"{name}.stepnoise.{k}", _seed, like.shape));
        return [.. seen.Skip(1), end];
    }

    /// <summary>Every stored sample, stacked: the n-th, 2n-th, ...</summary>
    public Tensor Stored(Tensor[] trajectory)
    {
        var every = Number("stored_every");
        return stack(trajectory.Where((_, k) => (k + 1) % every == 0));
    }
}
