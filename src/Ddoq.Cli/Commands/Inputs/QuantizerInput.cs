using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Quantization;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary>What <c>quantize</c> is given: a latent store, or a user's own matrix.</summary>
internal sealed class QuantizerInput
{
    // Stores up to this size are read once, before the clock of the clustering runs; larger ones class by class within it.
    private const long LargestHeld = 1L << 30;

    private readonly LatentStoreDescription? _description;

    private QuantizerInput(IClassSamples samples, LatentStoreDescription? description) => (Samples, _description) = (samples, description);

    public IClassSamples Samples { get; }

    /// <summary>Name of the encoder that made a store; empty for a matrix.</summary>
    public string Encoder => _description?.Encoder ?? "";

    /// <exception cref="UsageException">Labels or weights were given for a store, which has its own classes and equal masses.</exception>
    /// <exception cref="BadInputException">Neither a store nor a matrix, or a damaged one.</exception>
    public static QuantizerInput Open(string path, string? labels, string? weights = null)
    {
        if (!Path.Exists(path)) throw new BadInputException($"'{path}' does not exist. Give a latent store made by 'ddoq encode', or a matrix in .npy or .safetensors.");
        if (File.Exists(path)) return new QuantizerInput(MatrixFile.Read(path, labels, weights), null);
        if (labels is not null) throw new UsageException("--labels belongs to a plain matrix; a latent store has its own classes. Leave it out.");
        if (weights is not null) throw new UsageException("--sample-weights belongs to a plain matrix; the samples of a latent store have equal masses. Leave it out.");
        var store = LatentStore.Open(path);
        return new QuantizerInput(store.Count * store.Shape.Dimension * sizeof(float) <= LargestHeld ? new HeldSamples(store) : store, store.Description);
    }

    /// <summary>Notes in the codebook where its samples came from.</summary>
    public Codebook Describe(Codebook codebook) => _description is null ? codebook : codebook with
    {
        Encoder = _description.Encoder,
        EncoderSha256 = _description.EncoderSha256,
        Dataset = _description.Dataset,
        DatasetFingerprint = _description.DatasetFingerprint,
    };

    /// <summary>A store read into memory.</summary>
    private sealed class HeldSamples : IClassSamples
    {
        private readonly SampleMatrix[] _classes;
        private readonly long[][] _indices;

        public HeldSamples(LatentStore store)
        {
            (Shape, ClassNames) = (store.Shape, store.ClassNames);
            _classes = [.. Enumerable.Range(0, store.ClassCount).Select(store.ReadClass)];
            _indices = [.. Enumerable.Range(0, store.ClassCount).Select(store.SourceIndices)];
        }

        public LatentShape Shape { get; }

        public IReadOnlyList<string> ClassNames { get; }

        public SampleMatrix ReadClass(int classIndex) => _classes[classIndex];

        public long[] SourceIndices(int classIndex) => _indices[classIndex];
    }
}
