using Ddoq.Quantization;

namespace Ddoq.Theory.Checks;

/// <summary>
/// T4: in the plane K D tends to the second moment of a hexagon of area 1, 5 / (18 sqrt 3), and in a square never lies below it (Fejes Toth 1953). Points come from the
/// quantizer of samples; their distortion under the uniform distribution itself is exact, so that it holds no sampling error. k-means++ leads to a honeycomb with
/// faults, a few per cent above the limit; from a start without faults the algorithm must come nearer.
/// </summary>
internal sealed class HexagonCheck : ITheoryCheck
{
    private const int SamplesPerPoint = 150;
    private static readonly double Hexagon = 5 / (18 * Math.Sqrt(3));

    public string Id => "T4";

    public string Claim => "U[0, 1]^2: K D approaches the hexagon's 5/(18 sqrt 3) from above";

    public IEnumerable<CheckRow> Run(CheckContext context)
    {
        var hexagon = ConvexPolygon.Regular(6);
        yield return this.Near("second moment of a hexagon of area 1", 0.160375, hexagon.SecondMoment((0, 0)) / (hexagon.Area * hexagon.Area), 1e-6);
        var (few, many) = (Scaled(context, Honeycomb(7, 8)), Scaled(context, Honeycomb(13, 15)));
        foreach (var row in FromAbove("K=56, from a honeycomb", few, 0.04)) yield return row;
        foreach (var row in FromAbove("K=195, from a honeycomb", many, 0.02)) yield return row;
        yield return this.Near("limit of K D, read off between these, whose borders cost K^(-1/2)", Hexagon, Limit(few, 56, many, 195), 0.01 * Hexagon);
        foreach (var row in FromAbove("K=64, from k-means++", Scaled(context, new QuantizerOptions { ImagesPerClass = 64 }), 0.1)) yield return row;
    }

    private IEnumerable<CheckRow> FromAbove(string what, double found, double excess) =>
        [this.AtLeast($"K D, {what}", Hexagon, found, 1e-12), this.AtMost($"K D, {what}", Hexagon, found, excess * Hexagon)];

    // Solves found = limit + c K^(-1/2) for the limit.
    private static double Limit(double few, int fewer, double many, int more) => (Math.Sqrt(more) * many - Math.Sqrt(fewer) * few) / (Math.Sqrt(more) - Math.Sqrt(fewer));

    private static double Scaled(CheckContext context, QuantizerOptions options)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        var k = options.ImagesPerClass;
        var samples = SyntheticSamples.Square((int)Math.Sqrt(SamplesPerPoint * k), context.Seeds.Stream("theory/square", k));
        var c = context.Subjects.Fit(samples, options with { MaxIterations = 50 }, context.Seeds, context.Threads).Centroids;
        return k * ConvexPolygon.UnitSquare.Distortion([.. Enumerable.Range(0, k).Select(i => ((double)c[2 * i], (double)c[2 * i + 1]))]);
    }

    // Rows shifted by half a column against each other; nearly regular where rows / columns is nearly 2 / sqrt 3.
    private static QuantizerOptions Honeycomb(int columns, int rows)
    {
        var centroids = new float[2 * columns * rows];
        for (var i = 0; i < columns * rows; i++)
        {
            var (row, column) = (i / columns, i % columns);
            (centroids[2 * i], centroids[2 * i + 1]) = ((column + 0.5f + (row % 2 == 0 ? -0.25f : 0.25f)) / columns, (row + 0.5f) / rows);
        }
        return new QuantizerOptions { ImagesPerClass = columns * rows, Initialization = QuantizerInitialization.Supplied, InitialCentroids = centroids };
    }
}
