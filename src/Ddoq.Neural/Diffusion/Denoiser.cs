using static TorchSharp.torch;

namespace Ddoq.Neural.Diffusion;

/// <summary>Predicts at (x_t, t); a sampler knows no more of a network.</summary>
public delegate Tensor Denoiser(Tensor noised, int timestep);

/// <summary>Standard normal numbers of the shape and type of <paramref name="like"/> for one step of a random sampler.</summary>
/// <param name="step">Number of the step in the grid that is sampled, from 0.</param>
/// <param name="like">The sample.</param>
public delegate Tensor StepNoise(int step, Tensor like);

/// <summary>An algorithm that walks a sample down a grid of noise levels.</summary>
public interface ISampler
{
    /// <summary>What the denoiser predicts.</summary>
    Prediction Prediction { get; }

    /// <summary>Whether steps draw noise, so that <see cref="Sample"/> needs a source of it.</summary>
    bool IsRandom { get; }

    /// <summary>Denoises <paramref name="start"/>, which is at the first level of <paramref name="grid"/>, down to its last. Returns a tensor of the same shape.</summary>
    /// <exception cref="ArgumentNullException">The sampler is random and <paramref name="noise"/> is missing.</exception>
    Tensor Sample(Denoiser denoiser, Tensor start, StepGrid grid, StepNoise? noise = null);
}

/// <summary>What all samplers share.</summary>
internal static class SamplerLoop
{
    /// <summary>x = step(x, i) for i = 0..count-1, freeing what each step leaves behind.</summary>
    public static Tensor Run(Tensor start, int count, Func<Tensor, int, Tensor> step)
    {
        using var scope = NewDisposeScope();
        var x = start.alias();
        for (var i = 0; i < count; i++)
        {
            using var inner = NewDisposeScope();
            x = step(x, i).MoveToOuterDisposeScope();
        }
        return x.MoveToOuterDisposeScope();
    }

    /// <summary>Appends to a history of at most <paramref name="limit"/> tensors; older ones are freed. Call inside a step of <see cref="Run"/>.</summary>
    public static void Remember(List<Tensor> history, Tensor value, int limit)
    {
        history.Add(value.alias().MoveToOuterDisposeScope());
        if (history.Count <= limit) return;
        history[0].Dispose();
        history.RemoveAt(0);
    }
}
