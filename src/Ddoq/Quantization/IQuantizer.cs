using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>Places K centroids for the samples of one class.</summary>
public interface IQuantizer
{
    /// <summary>Name of the algorithm as on the command line: "lloyd", "clvq".</summary>
    string Name { get; }

    /// <summary>Quantizes one class. The same samples, options and seed give the same bits for any number of threads.</summary>
    /// <param name="samples">N x D, finite.</param>
    /// <param name="seeds">The run's seeds; the class takes its own streams from them.</param>
    /// <param name="classIndex">Class, which only chooses the random streams.</param>
    /// <param name="cancellation">Checked once per pass over the samples.</param>
    /// <exception cref="BadInputException">Fewer samples than K (unless allowed), no sample at all, or a NaN or infinity; class and row are named.</exception>
    ClassCodebook Fit(Samples samples, SeedSequence seeds, int classIndex, CancellationToken cancellation = default);
}
