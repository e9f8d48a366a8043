using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Synthesis;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Synthesis;

/// <summary>Where points enter the sampler, and what published recipes come to.</summary>
public sealed class SynthesisOptionsTests
{
    private static readonly LatentShape Shape = new(4, 2, 2);

    // Numbers of D4M's code and of the conversion to DiT: method notes 1.4 and 1.5.
    [Fact]
    public void Preset_D4m_EntersAtTimestep701OfPndmWith36CallsAndSnr0089()
    {
        var (timesteps, snr) = Enter(DiffusersScheduler.Of(SamplerKind.Pndm, NoiseSchedule.ScaledLinear(), Prediction.Epsilon), SynthesisOptions.Preset("d4m"));
        Assert.Equal(701, timesteps[0]);
        Assert.Equal(36, timesteps.Count);
        Assert.Equal(0.0892, snr, 1e-4);
    }

    [Fact]
    public void Level_TheSameSnr_IsTimestep701OfStableDiffusionAnd495OfDiT()
    {
        var options = new SynthesisOptions { Level = new(StartKind.Snr, 0.0892) };
        Assert.InRange(Enter(DiffusersScheduler.Of(SamplerKind.Ddim, NoiseSchedule.ScaledLinear(), Prediction.Epsilon), options).Timesteps[0], 701, 702);
        Assert.InRange(Enter(DiffusersScheduler.Of(SamplerKind.Ddpm, NoiseSchedule.Linear(), Prediction.Epsilon, learnedVariance: true), SynthesisOptions.Preset("ddoq-dit")).Timesteps[0], 494, 497);
    }

    [Fact]
    public void Start_Noise_EntersAtTheLastTimestep() =>
        Assert.Equal(999, Enter(DiffusersScheduler.Of(SamplerKind.Ddim, NoiseSchedule.Linear(), Prediction.Epsilon), new() { Start = StartPoint.Noise }).Timesteps[0]);

    [Fact]
    public void Level_Timestep_IsTakenAsItIs()
    {
        var scheduler = DiffusersScheduler.Of(SamplerKind.Heun, NoiseSchedule.Linear(), Prediction.Epsilon);
        Assert.Equal(300, Enter(scheduler, new() { Level = new(StartKind.Timestep, 300), Steps = 10 }).Timesteps[0]);
        Assert.Contains("1000", Assert.Throws<UsageException>(() => Enter(scheduler, new() { Level = new(StartKind.Timestep, 1000) })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Level_OutOfRange_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SynthesisOptions { Level = new(StartKind.Strength, 1.1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SynthesisOptions { Level = new(StartKind.Snr, 0) });
        Assert.Throws<UsageException>(() => SynthesisOptions.Preset("d5m"));
        var tooShort = new SynthesisOptions { Level = new(StartKind.Strength, 0.1), Steps = 5 };
        Assert.Throws<UsageException>(() => Enter(DiffusersScheduler.Of(SamplerKind.Ddim, NoiseSchedule.Linear(), Prediction.Epsilon), tooShort));
    }

    [Fact]
    public void Run_RowThatIsNotFinite_IsTriedAgainAlone()
    {
        var denoising = new CentroidDenoising(DiffusersScheduler.Of(SamplerKind.Ddim, NoiseSchedule.Linear(), Prediction.Epsilon), new() { Steps = 1 });
        var calls = new List<int>();
        float[] Run(int faults) => denoising.Run(new float[3 * Shape.Dimension], Shape, new ClassLabel(0, "a"), new SeedSequence(1), 3, count => (x, _) =>
        {
            calls.Add(count);
            var y = 0.5 * x;
            if (calls.Count <= faults) y[Math.Min(1, count - 1)] = float.NaN;
            return y;
        });
        var right = Run(0);
        calls.Clear();
        var repaired = Run(1);
        Assert.Equal([3, 1], calls);
        var d = Shape.Dimension;
        Assert.Equal(right[..d], repaired[..d]);
        Assert.NotEqual(right[d..(2 * d)], repaired[d..(2 * d)]); // other noise
        Assert.Equal(right[(2 * d)..], repaired[(2 * d)..]);
        Assert.All(repaired, v => Assert.True(float.IsFinite(v)));
        calls.Clear();
        Assert.Contains(Run(9), float.IsNaN); // reported by the caller
    }

    [Fact]
    public void Combine_ThreeOfFourChannels_LeavesTheFourthConditional()
    {
        using var scope = NewDisposeScope();
        var both = cat([full([1, 4, 1, 1], 2.0), full([1, 4, 1, 1], 1.0)]);
        Assert.Equal([5.0, 5, 5, 2], Guidance.Combine(both, 4, 3).to(ScalarType.Float64).data<double>().ToArray());
        Assert.Equal([5.0, 5, 5, 5], Guidance.Combine(both, 4).to(ScalarType.Float64).data<double>().ToArray());
    }

    private static (List<int> Timesteps, double Snr) Enter(DiffusersScheduler scheduler, SynthesisOptions options)
    {
        var (seen, denoising) = (new List<int>(), new CentroidDenoising(scheduler, options));
        var learned = scheduler.Sampler is DdpmSampler { Variance: StepVariance.Learned };
        denoising.Run(new float[Shape.Dimension], Shape, new ClassLabel(0, "a"), new SeedSequence(1), 1, _ => (x, t) =>
        {
            seen.Add(t);
            return learned ? cat([x, zeros_like(x)], 1) : 0 * x;
        });
        return (seen, denoising.StartSnr);
    }
}
