using Ddoq.Neural.Labelling;
using Ddoq.Neural.Synthesis;
using Ddoq.Quantization;

namespace Ddoq.Cli.Pipeline;

/// <summary>The wish: all options that decide the images, weights and labels of a distilled set.</summary>
internal sealed record DistillationRecipe
{
    public QuantizerOptions Quantizer { get; init; } = new();

    /// <summary>Whether latents are draws from the encoder's posterior, as D4M takes them, and not its mean.</summary>
    public bool DrawnLatents { get; init; }

    public SynthesisOptions Synthesis { get; init; } = new();

    public LabelOptions Labels { get; init; } = new();

    /// <summary>Rule under which weights are stored in the set; students may use another.</summary>
    public WeightRule Weights { get; init; } = WeightRule.SquareRoot;

    public int ImagesPerClass => Quantizer.ImagesPerClass;
}
