using Ddoq.Neural.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Theory;

/// <summary>The denoiser that training would end at, where the data are a mixture of normal distributions on the line: it gives E[noise | x_t] in closed form.</summary>
/// <param name="weights">Masses, sum 1.</param>
/// <param name="means">Means of the parts.</param>
/// <param name="deviations">Standard deviations of the parts; 0 is a point.</param>
internal sealed class ExactDenoiser(double[] weights, double[] means, double[] deviations)
{
    /// <summary>The denoiser along a grid; a timestep is the index of its step.</summary>
    public Denoiser Along(StepGrid grid) => (x, step) => Noise(x, grid.Steps[step].From);

    /// <summary>E[noise | x] for x at alpha bar <paramref name="a"/>, of any shape, float64.</summary>
    public Tensor Noise(Tensor x, double a)
    {
        using var scope = NewDisposeScope();
        var (signal, noise) = (Math.Sqrt(a), Math.Sqrt(1 - a));
        var clean = zeros_like(x);
        var posterior = stack(weights.Select((w, j) => Math.Log(w) - Math.Log(Spread(j, a)) - (x - signal * means[j]).square() / (2 * Spread(j, a) * Spread(j, a)))).softmax(0);
        for (var j = 0; j < weights.Length; j++)
            clean += posterior[j] * (means[j] + signal * deviations[j] * deviations[j] / (Spread(j, a) * Spread(j, a)) * (x - signal * means[j]));
        return ((x - signal * clean) / noise).MoveToOuterDisposeScope();
    }

    /// <summary>Largest second derivative of log p_t over the line: what decides how far the flow can part two points. From a fine grid between the outermost means, where it lies.</summary>
    public double GreatestCurvature(double a)
    {
        const int places = 4001;
        var signal = Math.Sqrt(a);
        var (low, high) = (signal * means.Min(), signal * means.Max());
        return Enumerable.Range(0, places).Max(i => Curvature(low + (high - low) * i / (places - 1), a));
    }

    private double Spread(int part, double a) => double.Hypot(Math.Sqrt(a) * deviations[part], Math.Sqrt(1 - a));

    // (log p)'' = E[(score_j)^2] - E[score_j]^2 - E[1/s_j^2] over the parts' posterior masses.
    private double Curvature(double x, double a)
    {
        var logs = weights.Select((w, j) => Math.Log(w) - Math.Log(Spread(j, a)) - Math.Pow((x - Math.Sqrt(a) * means[j]) / Spread(j, a), 2) / 2).ToArray();
        var largest = logs.Max();
        var posterior = logs.Select(l => Math.Exp(l - largest)).ToArray();
        var (sum, square, mean, inverse) = (posterior.Sum(), 0.0, 0.0, 0.0);
        for (var j = 0; j < weights.Length; j++)
        {
            var (p, variance) = (posterior[j] / sum, Math.Pow(Spread(j, a), 2));
            var score = -(x - Math.Sqrt(a) * means[j]) / variance;
            (square, mean, inverse) = (square + p * score * score, mean + p * score, inverse + p / variance);
        }
        return square - mean * mean - inverse;
    }
}
