using System.Numerics.Tensors;
using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>What every algorithm shares: the checks of a class, restarts, and the codebook from the last, exact assignment.</summary>
internal sealed class ClassFit(Samples samples, QuantizerOptions options, SeedSequence seeds, int classIndex, int threads)
{
    private CentredSamples? _centred;

    public Samples Samples => samples;

    /// <summary>The samples as the searches see them; made, and so checked, on first use.</summary>
    public CentredSamples Centred => _centred ??= new CentredSamples(samples, threads);

    /// <summary>Number of centroids of this class: K, or n_c where fewer are allowed.</summary>
    public int Count { get; } = Math.Min(options.ImagesPerClass, samples.Count);

    /// <summary>One run of an algorithm.</summary>
    /// <param name="Centroids">K x D.</param>
    /// <param name="Assignment">Exact assignment to these centroids.</param>
    /// <param name="Iterations">Steps or passes made.</param>
    /// <param name="StreamedWeights">Running masses, sum 1; null if the algorithm keeps none.</param>
    /// <param name="Plan">Distribution of the samples over centroids of equal mass; null where Voronoi cells are meant.</param>
    internal sealed record Outcome(float[] Centroids, VoronoiAssignment Assignment, int Iterations, double[]? StreamedWeights = null, EqualWeightPlan? Plan = null)
    {
        /// <summary>What the algorithm makes small.</summary>
        public double Objective => Plan?.Cost ?? Assignment.Distortion;
    }

    /// <summary>Runs the algorithm from each start and keeps the least distortion, the earliest at a tie.</summary>
    public ClassCodebook Best(Func<int, Outcome> run)
    {
        Check();
        if (Count == 0) return Nothing();
        var best = run(0);
        for (var r = 1; r < options.Restarts; r++)
        {
            var other = run(r);
            if (other.Objective < best.Objective) best = other;
        }
        return Assemble(best);
    }

    public double[] Start(int restart) => CentroidSeeding.Choose(Centred, Count, options, seeds.Stream("quantize/start", classIndex, restart));

    public int[] Order(int restart, int pass) => seeds.Stream("quantize/order", classIndex, restart, pass).Permutation(samples.Count);

    /// <summary>The exact assignment to final centroids, once they are rounded to float32 and, if asked, cells that ended empty were given samples.</summary>
    public Outcome Finish(NearestSearch search, double[] centroids, int iterations, double[]? streamedWeights = null, bool fillEmptyCells = true)
    {
        var rounded = GC.AllocateUninitializedArray<float>(centroids.Length);
        Widening.Narrow(centroids, rounded);
        Widening.Convert(rounded, centroids);
        var assignment = fillEmptyCells ? EmptyCells.Fill(search, centroids) : VoronoiAssignment.Of(search, centroids);
        Widening.Narrow(centroids, rounded); // cells that were filled have moved
        return new Outcome(rounded, assignment, iterations, streamedWeights);
    }

    private void Check()
    {
        if (samples.Count < options.ImagesPerClass && !options.AllowFewer)
            throw new BadInputException($"{samples.Name} has {samples.Count} samples, but {options.ImagesPerClass} images per class were asked for. Choose --ipc {Math.Max(1, samples.Count)} or less, or pass --allow-fewer.");
    }

    private ClassCodebook Assemble(Outcome outcome)
    {
        var assignment = outcome.Assignment;
        var book = new ClassCodebook
        {
            Name = samples.Name,
            SampleCount = samples.Count,
            Mass = samples.TotalWeight,
            Dimension = samples.Dimension,
            Centroids = outcome.Centroids,
            Counts = assignment.Counts.ToArray(),
            Weights = options.Masses == MassEstimate.Streaming && outcome.StreamedWeights is { } streamed ? streamed : Normalised(assignment.Masses),
            Distortion = assignment.Distortion,
            LocalDistortion = LocalDistortion(assignment),
            NearestSample = NearestSamples(assignment, outcome.Centroids),
            Iterations = outcome.Iterations,
        };
        if (outcome.Plan is { } plan) return WithEqualWeights(book, plan);
        return options.AllowFewer && book.EmptyCells > 0 ? WithoutEmptyCells(book) : book;
    }

    private double[] LocalDistortion(VoronoiAssignment assignment)
    {
        var local = new double[Count];
        for (var i = 0; i < samples.Count; i++) local[assignment.Labels[i]] += samples.WeightOf(i) * assignment.SquaredDistances[i];
        for (var k = 0; k < Count; k++) local[k] = assignment.Masses[k] > 0 ? local[k] / assignment.Masses[k] : 0;
        return local;
    }

    // From the cell's own samples, so that different cells name different samples.
    private long[] NearestSamples(VoronoiAssignment assignment, float[] centroids)
    {
        var nearest = new long[Count];
        Array.Fill(nearest, -1);
        for (var i = 0; i < samples.Count; i++)
        {
            ref var n = ref nearest[assignment.Labels[i]];
            if (n < 0 || assignment.SquaredDistances[i] < assignment.SquaredDistances[(int)n]) n = i;
        }
        for (var k = 0; k < Count; k++)
            if (nearest[k] < 0) nearest[k] = NearestOfAll(centroids.AsSpan(k * samples.Dimension, samples.Dimension));
        return nearest;
    }

    private int NearestOfAll(ReadOnlySpan<float> centroid)
    {
        var (nearest, least) = (0, double.PositiveInfinity);
        var (row, position) = (new double[samples.Dimension], new double[samples.Dimension]);
        Widening.Convert(centroid, position);
        for (var i = 0; i < samples.Count; i++)
        {
            samples.Read(i, 0, row);
            var d = DistanceKernel.SquaredDistance(row, position);
            if (d < least) (nearest, least) = (i, d);
        }
        return nearest;
    }

    private static ClassCodebook WithEqualWeights(ClassCodebook book, EqualWeightPlan plan) => book with
    {
        Counts = plan.Counts(),
        Weights = Array.ConvertAll(book.Weights, _ => 1.0 / book.Count),
        Distortion = plan.Cost,
        LocalDistortion = plan.LocalCosts(),
        NearestSample = plan.NearestSamples(),
        VoronoiDistortion = book.Distortion,
    };

    private ClassCodebook Nothing() => new()
    {
        Name = samples.Name,
        SampleCount = 0,
        Dimension = samples.Dimension,
        Centroids = [],
        Counts = [],
        Weights = [],
        Distortion = 0,
        LocalDistortion = [],
        NearestSample = [],
        Iterations = 0,
    };

    private static ClassCodebook WithoutEmptyCells(ClassCodebook book)
    {
        var kept = Enumerable.Range(0, book.Count).Where(k => book.Counts[k] > 0).ToArray();
        return book with
        {
            Centroids = [.. kept.SelectMany(k => book.Centroid(k).ToArray())],
            Counts = Array.ConvertAll(kept, k => book.Counts[k]),
            Weights = Normalised(Array.ConvertAll(kept, k => book.Weights[k])),
            LocalDistortion = Array.ConvertAll(kept, k => book.LocalDistortion[k]),
            NearestSample = Array.ConvertAll(kept, k => book.NearestSample[k]),
        };
    }

    private static double[] Normalised(ReadOnlySpan<double> masses)
    {
        var sum = TensorPrimitives.Sum(masses);
        var weights = masses.ToArray();
        for (var k = 0; k < weights.Length; k++) weights[k] /= sum;
        return weights;
    }
}
