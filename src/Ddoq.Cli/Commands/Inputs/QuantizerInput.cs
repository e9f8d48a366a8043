using System.Globalization;
using Ddoq.Foundations;
using Ddoq.Latents;
using Ddoq.Quantization;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary>What <c>quantize</c> is given: a latent store, or a user's own matrix.</summary>
internal sealed class QuantizerInput : IDisposable
{
    // What takes up to this much is read once, before the clock of the clustering runs; larger stores are read class by class within it.
    private const long LargestHeld = 1L << 30;

    private readonly LatentStoreDescription? _description;
    private readonly IDisposable? _file;
    private readonly Func<string> _identity;

    private QuantizerInput(IClassSamples source, long memory, LatentStoreDescription? description, IDisposable? file, Func<string> identity)
    {
        (_description, _file, _identity) = (description, file, identity);
        var bytes = Enumerable.Range(0, source.ClassNames.Count).Sum(source.BytesOfClass);
        var most = source.ClassNames.Count == 1 ? memory : Math.Min(memory, LargestHeld);
        Samples = bytes <= most ? new HeldSamples(source) : source;
    }

    public IClassSamples Samples { get; }

    /// <summary>Name of the encoder that made a store; empty for a matrix.</summary>
    public string Encoder => _description?.Encoder ?? "";

    /// <summary>What changes when the samples change: the hashes in a store, size and time of a matrix and the content of its labels and weights.</summary>
    public string Identity => _identity();

    /// <param name="path">A latent store, or a matrix.</param>
    /// <param name="labels">Labels of a matrix, or null.</param>
    /// <param name="weights">Masses of a matrix's rows, or null.</param>
    /// <param name="memory">Bytes that the samples may take; 0 for half of what is available.</param>
    /// <exception cref="UsageException">Labels or weights were given for a store, which has its own classes and equal masses.</exception>
    /// <exception cref="BadInputException">Neither a store nor a matrix, or a damaged one.</exception>
    public static QuantizerInput Open(string path, string? labels, string? weights = null, long memory = 0)
    {
        if (memory == 0) memory = MachineMemory.Available() / 2;
        if (!Path.Exists(path)) throw new BadInputException($"'{path}' does not exist. Give a latent store made by 'ddoq encode', or a matrix in .npy or .safetensors.");
        if (File.Exists(path))
        {
            var matrix = MatrixFile.Read(path, labels, weights);
            return new QuantizerInput(matrix, memory, null, matrix, () => IdentityOf(path, labels, weights));
        }
        if (labels is not null) throw new UsageException("--labels belongs to a plain matrix; a latent store has its own classes. Leave it out.");
        if (weights is not null) throw new UsageException("--sample-weights belongs to a plain matrix; the samples of a latent store have equal masses. Leave it out.");
        var store = LatentStore.Open(path);
        return new QuantizerInput(store, memory, store.Description, null, () => store.Fingerprint);
    }

    /// <summary>Notes in the codebook where its samples came from.</summary>
    public Codebook Describe(Codebook codebook) => _description is null ? codebook : codebook.From(_description);

    public void Dispose() => _file?.Dispose();

    private static string IdentityOf(string path, string? labels, string? weights)
    {
        var file = new FileInfo(path);
        return string.Create(CultureInfo.InvariantCulture, $"{file.Length} bytes of {file.LastWriteTimeUtc:O}, labels {HashOf(labels)}, weights {HashOf(weights)}");
    }

    private static string HashOf(string? path) => path is null ? "none" : Hashes.OfFile(path);
}
