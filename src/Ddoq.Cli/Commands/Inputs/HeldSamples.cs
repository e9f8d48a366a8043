using Ddoq.Latents;
using Ddoq.Quantization;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary>All samples of a source, read into memory once.</summary>
internal sealed class HeldSamples : IClassSamples
{
    private readonly IClassSamples _source;
    private readonly Samples[] _classes;
    private readonly long[][] _indices;

    public HeldSamples(IClassSamples source)
    {
        _source = source;
        _classes = [.. Enumerable.Range(0, source.ClassNames.Count).Select(c => source.OpenClass(c, long.MaxValue))];
        _indices = [.. Enumerable.Range(0, source.ClassNames.Count).Select(source.SourceIndices)];
    }

    public LatentShape Shape => _source.Shape;

    public IReadOnlyList<string> ClassNames => _source.ClassNames;

    public SampleMatrix ReadClass(int classIndex) => _classes[classIndex] as SampleMatrix ?? _source.ReadClass(classIndex);

    public Samples OpenClass(int classIndex, long memoryLimit) => _classes[classIndex];

    public long BytesOfClass(int classIndex) => _source.BytesOfClass(classIndex);

    public long[] SourceIndices(int classIndex) => _indices[classIndex];
}
