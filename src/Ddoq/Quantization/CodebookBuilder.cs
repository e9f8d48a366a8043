using Ddoq.Foundations;
using Ddoq.Latents;

namespace Ddoq.Quantization;

/// <summary>Quantizes all classes of a source into one codebook.</summary>
public static class CodebookBuilder
{
    /// <summary>Quantizes a latent store and notes where the latents came from.</summary>
    /// <inheritdoc cref="Build(IClassSamples, QuantizerOptions, SeedSequence, IProgress{StageProgress}?, int, CancellationToken)"/>
    public static Codebook Build(LatentStore store, QuantizerOptions options, SeedSequence seeds, IProgress<StageProgress>? progress = null, int threads = 0, CancellationToken cancellation = default) =>
        Build((IClassSamples)store, options, seeds, progress, threads, cancellation).From(store.Description);

    /// <summary>
    /// Quantizes every class. Classes run side by side where there are enough of them, otherwise one after another with the threads inside; the result has the
    /// same bits either way. Memory: as <see cref="BuildOptions.Memory"/> says.
    /// </summary>
    /// <param name="source">Samples by class.</param>
    /// <param name="options">How each class is quantized.</param>
    /// <param name="seeds">The run's seeds.</param>
    /// <param name="progress">Told after each class.</param>
    /// <param name="threads">Threads to use; 0 for all processors.</param>
    /// <param name="cancellation">Checked once per pass over a class.</param>
    /// <exception cref="BadInputException">A class cannot be quantized as asked; the first such class is named.</exception>
    public static Codebook Build(IClassSamples source, QuantizerOptions options, SeedSequence seeds, IProgress<StageProgress>? progress = null, int threads = 0, CancellationToken cancellation = default) =>
        Build(source, [.. Enumerable.Repeat(options, source.ClassNames.Count)], seeds, new BuildOptions { Threads = threads }, progress, cancellation);

    /// <summary>Quantizes every class in its own way: with its own number of points, for instance.</summary>
    /// <inheritdoc cref="Build(IClassSamples, IReadOnlyList{QuantizerOptions}, SeedSequence, BuildOptions, IProgress{StageProgress}?, CancellationToken)"/>
    /// <param name="source">Samples by class.</param>
    /// <param name="options">One per class, of one algorithm.</param>
    /// <param name="seeds">The run's seeds.</param>
    /// <param name="progress">Told after each class.</param>
    /// <param name="threads">Threads to use; 0 for all processors.</param>
    /// <param name="cancellation">Checked once per pass over a class.</param>
    public static Codebook Build(IClassSamples source, IReadOnlyList<QuantizerOptions> options, SeedSequence seeds, IProgress<StageProgress>? progress = null, int threads = 0, CancellationToken cancellation = default) =>
        Build(source, options, seeds, new BuildOptions { Threads = threads }, progress, cancellation);

    /// <summary>Quantizes every class in its own way, within a memory budget, and goes on where an earlier run ended.</summary>
    /// <param name="source">Samples by class.</param>
    /// <param name="options">One per class, of one algorithm.</param>
    /// <param name="seeds">The run's seeds.</param>
    /// <param name="build">Threads, memory, and where finished classes are kept.</param>
    /// <param name="progress">Told after each class.</param>
    /// <param name="cancellation">Checked once per pass over a class.</param>
    /// <exception cref="ArgumentException">Another number of options than of classes, or different algorithms.</exception>
    /// <exception cref="BadInputException">A class cannot be quantized as asked; the first such class is named.</exception>
    public static Codebook Build(IClassSamples source, IReadOnlyList<QuantizerOptions> options, SeedSequence seeds, BuildOptions build, IProgress<StageProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (options.Count != source.ClassNames.Count) throw new ArgumentException($"{source.ClassNames.Count} classes need as many options, got {options.Count}.", nameof(options));
        if (options.Any(o => o.Algorithm != options[0].Algorithm)) throw new ArgumentException("a codebook has one algorithm for all classes.", nameof(options));
        return new Codebook
        {
            Shape = source.Shape,
            Algorithm = options.Count > 0 ? Quantizers.Create(options[0]).Name : "",
            Classes = new CodebookRun(source, options, seeds, build, progress, cancellation).All(),
        };
    }
}
