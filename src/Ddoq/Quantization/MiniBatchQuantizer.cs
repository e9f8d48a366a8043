using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>
/// Mini-batch k-means (Sculley 2010): centroids follow batches of samples as running means, then one exact assignment. Time O(N K D) per pass; memory K x D float64 and a
/// batch beside the assignment. <see cref="QuantizerOptions.D4m"/> reproduces the quirks of published prototypes, which are off by default.
/// </summary>
/// <param name="options">Options; <see cref="QuantizerOptions.MaxIterations"/>, <see cref="QuantizerOptions.Tolerance"/> and <see cref="QuantizerOptions.StepSize"/> are not used.</param>
/// <param name="threads">Threads to use, 0 for all processors; the result does not depend on it.</param>
public sealed class MiniBatchQuantizer(QuantizerOptions options, int threads = 1) : IQuantizer
{
    private readonly int _threads = FixedBlocks.Threads(threads);
    private readonly MiniBatchOptions _batches = options.MiniBatch;

    /// <inheritdoc />
    public string Name => "minibatch";

    /// <inheritdoc />
    public ClassCodebook Fit(Samples samples, SeedSequence seeds, int classIndex, CancellationToken cancellation = default)
    {
        var fit = new ClassFit(samples, options, seeds, classIndex, _threads);
        return fit.Best(restart => Run(fit, seeds, classIndex, restart, cancellation));
    }

    private ClassFit.Outcome Run(ClassFit fit, SeedSequence seeds, int classIndex, int restart, CancellationToken cancellation)
    {
        var size = _batches.BatchSizeFor(fit.Count);
        if (_batches.DropLeftOver && fit.Samples.Count < size)
            throw new BadInputException($"{fit.Samples.Name} has {fit.Samples.Count} samples, less than one batch of {size}, and left-over samples are to be dropped. Choose smaller batches.");
        var learner = new MiniBatchLearner(fit.Centred, Start(fit, seeds, classIndex, restart));
        var small = new SmallCells(_batches.ReassignmentRatio);
        for (var pass = 0; pass < options.Passes; pass++)
        {
            var order = Order(fit, restart, pass);
            var end = _batches.DropLeftOver ? order.Length - order.Length % size : order.Length;
            for (var from = 0; from < end; from += size)
            {
                cancellation.ThrowIfCancellationRequested();
                var batch = order.AsMemory(from, Math.Min(size, end - from));
                var isDue = small.IsDue(learner.Counts, batch.Length);
                learner.Learn(batch);
                if (isDue) small.Reassign(learner, batch.Span, seeds.Stream("quantize/reassign", classIndex, restart, ((long)pass << 32) + from));
            }
        }
        return Finish(fit, learner);
    }

    private int[] Order(ClassFit fit, int restart, int pass) =>
        _batches.Order == SampleOrder.Shuffled ? fit.Order(restart, pass) : [.. Enumerable.Range(0, fit.Samples.Count)];

    // Chosen among a few batches of samples, those with mass first.
    private double[] Start(ClassFit fit, SeedSequence seeds, int classIndex, int restart)
    {
        var rows = Order(fit, restart, 0).OrderBy(i => fit.Samples.WeightOf(i) == 0).Take(Math.Max(fit.Count, _batches.StartSizeFor(fit.Count))).ToArray();
        var among = rows.Length == fit.Samples.Count ? fit.Centred : new CentredSamples(fit.Samples.Select(rows), _threads);
        return CentroidSeeding.Choose(among, fit.Count, options, seeds.Stream("quantize/start", classIndex, restart));
    }

    private ClassFit.Outcome Finish(ClassFit fit, MiniBatchLearner learner)
    {
        var (counts, total) = (learner.Counts.ToArray(), learner.Counts.ToArray().Sum());
        return fit.Finish(new NearestSearch(fit.Centred, BoundKind.None), learner.Positions.ToArray(), options.Passes, total > 0 ? Array.ConvertAll(counts, c => c / total) : null, _batches.FillEmptyCells);
    }
}
