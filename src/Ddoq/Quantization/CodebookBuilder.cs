using Ddoq.Foundations;
using Ddoq.Latents;

namespace Ddoq.Quantization;

/// <summary>Quantizes all classes of a source into one codebook.</summary>
public static class CodebookBuilder
{
    /// <summary>Quantizes a latent store and notes where the latents came from.</summary>
    /// <inheritdoc cref="Build(IClassSamples, QuantizerOptions, SeedSequence, IProgress{StageProgress}?, int, CancellationToken)"/>
    public static Codebook Build(LatentStore store, QuantizerOptions options, SeedSequence seeds, IProgress<StageProgress>? progress = null, int threads = 0, CancellationToken cancellation = default) =>
        Build((IClassSamples)store, options, seeds, progress, threads, cancellation) with
        {
            Encoder = store.Description.Encoder,
            EncoderSha256 = store.Description.EncoderSha256,
            Dataset = store.Description.Dataset,
            DatasetFingerprint = store.Description.DatasetFingerprint,
        };

    /// <summary>
    /// Quantizes every class. Classes run side by side where there are enough of them, otherwise one after another with the threads inside; the result has the
    /// same bits either way. Memory: the samples of as many classes as run at once.
    /// </summary>
    /// <param name="source">Samples by class.</param>
    /// <param name="options">How each class is quantized.</param>
    /// <param name="seeds">The run's seeds.</param>
    /// <param name="progress">Told after each class.</param>
    /// <param name="threads">Threads to use; 0 for all processors.</param>
    /// <param name="cancellation">Checked once per pass over a class.</param>
    /// <exception cref="BadInputException">A class cannot be quantized as asked; the first such class is named.</exception>
    public static Codebook Build(IClassSamples source, QuantizerOptions options, SeedSequence seeds, IProgress<StageProgress>? progress = null, int threads = 0, CancellationToken cancellation = default) =>
        Build(source, [.. Enumerable.Repeat(options, source.ClassNames.Count)], seeds, progress, threads, cancellation);

    /// <summary>Quantizes every class in its own way: with its own number of points, for instance.</summary>
    /// <param name="source">Samples by class.</param>
    /// <param name="options">One per class, of one algorithm.</param>
    /// <param name="seeds">The run's seeds.</param>
    /// <param name="progress">Told after each class.</param>
    /// <param name="threads">Threads to use; 0 for all processors.</param>
    /// <param name="cancellation">Checked once per pass over a class.</param>
    /// <exception cref="ArgumentException">Another number of options than of classes, or different algorithms.</exception>
    /// <exception cref="BadInputException">A class cannot be quantized as asked; the first such class is named.</exception>
    public static Codebook Build(IClassSamples source, IReadOnlyList<QuantizerOptions> options, SeedSequence seeds, IProgress<StageProgress>? progress = null, int threads = 0, CancellationToken cancellation = default)
    {
        if (options.Count != source.ClassNames.Count) throw new ArgumentException($"{source.ClassNames.Count} classes need as many options, got {options.Count}.", nameof(options));
        if (options.Any(o => o.Algorithm != options[0].Algorithm)) throw new ArgumentException("a codebook has one algorithm for all classes.", nameof(options));
        threads = FixedBlocks.Threads(threads);
        var classes = new ClassCodebook[source.ClassNames.Count];
        var sideBySide = classes.Length >= threads;
        var quantizers = options.Select(o => Quantizers.Create(o, sideBySide ? 1 : threads)).ToArray();
        var done = 0;
        ClassLoop.Run(classes.Length, sideBySide ? threads : 1, c =>
        {
            classes[c] = FitClass(source, quantizers[c], seeds, c, cancellation);
            progress?.Report(new StageProgress("quantize", Interlocked.Increment(ref done), classes.Length, "classes"));
        });
        return new Codebook { Shape = source.Shape, Algorithm = quantizers.Length > 0 ? quantizers[0].Name : "", Classes = classes };
    }

    private static ClassCodebook FitClass(IClassSamples source, IQuantizer quantizer, SeedSequence seeds, int classIndex, CancellationToken cancellation)
    {
        var book = quantizer.Fit(source.ReadClass(classIndex), seeds, classIndex, cancellation);
        var rows = source.SourceIndices(classIndex);
        return book with { Name = source.ClassNames[classIndex], NearestSample = Array.ConvertAll(book.NearestSample, r => rows[r]) };
    }
}
