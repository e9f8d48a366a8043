using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>
/// One building of a codebook: which classes run side by side on one thread each and which alone on all threads, so that the samples in memory stay within the budget.
/// </summary>
internal sealed class CodebookRun(IClassSamples source, IReadOnlyList<QuantizerOptions> options, SeedSequence seeds, BuildOptions build, IProgress<StageProgress>? progress, CancellationToken cancellation)
{
    private readonly ClassCodebook?[] _classes = new ClassCodebook?[source.ClassNames.Count];
    private readonly int _threads = FixedBlocks.Threads(build.Threads);
    private readonly long _memory = build.Memory > 0 ? build.Memory : MachineMemory.Available() / 2;
    private int _done;

    /// <exception cref="BadInputException">A class cannot be quantized as asked; the first such class is named.</exception>
    public ClassCodebook[] All()
    {
        for (var c = 0; c < _classes.Length; c++) _classes[c] = build.Parts?.Find(c, source.Shape);
        var missing = Enumerable.Range(0, _classes.Length).Where(c => _classes[c] is null).ToArray();
        _done = _classes.Length - missing.Length;
        var (sideBySide, alone) = Divide(missing);
        var failure = ClassLoop.Try(sideBySide, _threads, c => Fit(c, 1, _memory / _threads));
        failure = ClassLoop.Try([.. alone.TakeWhile(c => failure is null || c < failure.Class)], 1, c => Fit(c, _threads, _memory)) ?? failure;
        failure?.Error.Throw();
        return _classes!;
    }

    // Side by side pays where there is work for every thread and memory for as many classes.
    private (int[] SideBySide, int[] Alone) Divide(int[] classes)
    {
        var fits = classes.ToLookup(c => source.BytesOfClass(c) <= _memory / _threads);
        return fits[true].Count() >= _threads ? ([.. fits[true]], [.. fits[false]]) : ([], classes);
    }

    private void Fit(int classIndex, int threads, long memory)
    {
        cancellation.ThrowIfCancellationRequested();
        using var samples = source.OpenClass(classIndex, memory);
        var book = Quantizers.Create(options[classIndex], threads).Fit(samples, seeds, classIndex, cancellation);
        var rows = source.SourceIndices(classIndex);
        book = book with { Name = source.ClassNames[classIndex], NearestSample = Array.ConvertAll(book.NearestSample, r => rows[r]) };
        build.Parts?.Keep(classIndex, source.Shape, book);
        _classes[classIndex] = book;
        progress?.Report(new StageProgress("quantize", Interlocked.Increment(ref _done), _classes.Length, "classes"));
    }
}
