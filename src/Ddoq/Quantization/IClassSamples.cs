using Ddoq.Latents;

namespace Ddoq.Quantization;

/// <summary>Samples grouped by class, one class readable at a time: a latent store, or a plain matrix with labels. Reading is safe from several threads.</summary>
public interface IClassSamples
{
    /// <summary>Shape of each sample; a plain vector is D x 1 x 1.</summary>
    LatentShape Shape { get; }

    /// <summary>Class names in label order.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>All samples of one class as float32 in memory.</summary>
    SampleMatrix ReadClass(int classIndex);

    /// <summary>
    /// The samples of one class, to be read in parts: in memory where they take at most <paramref name="memoryLimit"/> bytes there, else as a view of the file
    /// that they lie in. Either way they are the same numbers. Dispose them after use.
    /// </summary>
    Samples OpenClass(int classIndex, long memoryLimit) => ReadClass(classIndex);

    /// <summary>Bytes that the samples of one class take in memory.</summary>
    long BytesOfClass(int classIndex) => (long)SourceIndices(classIndex).Length * Shape.Dimension * sizeof(float);

    /// <summary>Row number of each of the class's samples in the source data set or matrix.</summary>
    long[] SourceIndices(int classIndex);
}
