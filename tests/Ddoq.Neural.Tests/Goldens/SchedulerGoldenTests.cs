using System.Text.Json;
using System.Text.Json.Nodes;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>Every scheduler case of diffusers: timesteps, start, the sample after each step.</summary>
[Trait("golden", "schedulers")]
public sealed class SchedulerGoldenTests
{
    public static TheoryData<string> Cases => FakeNetwork.Cases("schedulers.json");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sample_EveryCase_FollowsTheTrajectory(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTensors("schedulers", "schedulers_io.safetensors");
        var fake = new FakeNetwork("schedulers.json", name);
        var scheduler = Read(fake.Case);
        var grid = scheduler.Plan(fake.Number("num_inference_steps"), fake.Case.TryGetProperty("strength", out var s) ? s.GetDouble() : 1);
        Assert.Equal(fake.Timesteps("timesteps"), grid.Timesteps);
        RequireStart(golden, name, grid);
        var found = fake.Trajectory(WithEta(scheduler.Sampler, fake.Case), golden[$"{name}.init"], grid);
        GoldenTolerance.RequireGradient(fake.Stored(found), golden[$"{name}.trajectory"], "trajectory");
        GoldenTolerance.RequireGradient(found[^1], golden[$"{name}.final"], "final");
    }

    // A case in data we have not seen may name another class: then it must be refused by that name.
    private static DiffusersScheduler Read(JsonElement c)
    {
        var kind = c.GetProperty("scheduler").GetString()!;
        var config = JsonNode.Parse(c.GetProperty("config").GetRawText())!.AsObject();
        config["_class_name"] = kind;
        try
        {
            return DiffusersScheduler.Read(new NetworkConfig("scheduler_config.json", config));
        }
        catch (BadInputException e) when (e.Message.Contains($"scheduler '{kind}' is not supported", StringComparison.Ordinal))
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    private static ISampler WithEta(ISampler sampler, JsonElement c) =>
        sampler is DdimSampler ddim && c.TryGetProperty("eta", out var eta) && eta.ValueKind == JsonValueKind.Number ? ddim with { Eta = eta.GetDouble() } : sampler;

    private static void RequireStart(GoldenTensors golden, string name, StepGrid grid)
    {
        if (golden.Names.Contains($"{name}.x0"))
            GoldenTolerance.RequireValues(grid.Steps[0].Noised(golden[$"{name}.x0"], golden[$"{name}.addnoise"]), golden[$"{name}.init"], "init");
    }
}
