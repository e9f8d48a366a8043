using Ddoq.Cli.CommandLine;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary>OUT.work of <c>quantize</c>: the classes that are finished. With a single class there is nothing to keep.</summary>
internal sealed class CodebookWork : IDisposable
{
    private readonly WorkFolder? _folder;
    private readonly Screen _screen;

    private CodebookWork(WorkFolder? folder, Screen screen) => (_folder, _screen) = (folder, screen);

    /// <summary>Where the builder keeps and finds finished classes.</summary>
    public CodebookParts? Parts => _folder is null ? null : new CodebookParts(_folder.Path);

    /// <summary>Starts, or goes on.</summary>
    /// <exception cref="UsageException">The work there belongs to other samples or options.</exception>
    public static CodebookWork Open(OutputRequest output, QuantizerInput input, IReadOnlyList<QuantizerOptions> options, SeedSequence seeds, Screen screen)
    {
        if (options.Count < 2) return new CodebookWork(null, screen);
        var work = new CodebookWork(WorkFolder.Open(output.Path, Request(input, options, seeds)), screen);
        if (work.Parts!.Count is > 0 and var kept) screen.Say($"{kept} of {options.Count} classes were finished before; going on from there");
        return work;
    }

    /// <summary>Does the work. If it fails, finished classes are kept, unless the input is bad: the same would come again.</summary>
    public T Keeping<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e)
        {
            if (e is BadInputException or UsageException || Parts is not { Count: > 0 }) _folder?.Remove();
            else _screen.Say($"finished classes are kept in '{_folder!.Path}'; the same command with --resume goes on from there");
            throw;
        }
    }

    /// <summary>The codebook stands.</summary>
    public void Finish() => _folder?.Remove();

    public void Dispose() => _folder?.Dispose();

    // Threads and memory are left out: they do not change the result.
    private static Dictionary<string, string> Request(QuantizerInput input, IReadOnlyList<QuantizerOptions> options, SeedSequence seeds) => new()
    {
        ["work"] = "quantize",
        ["samples"] = input.Identity,
        ["seed"] = seeds.Root.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["options"] = string.Join("; ", options.Select(o => o.ToString()).Distinct()),
        ["start"] = string.Join(' ', options.Select(o => HashOf(o.InitialCentroids.Span)).Distinct()),
        ["points"] = string.Join(' ', options.Select(o => o.ImagesPerClass)),
    };

    private static string HashOf(ReadOnlySpan<float> centroids) => centroids.IsEmpty ? "none" : Hashes.OfBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(centroids));
}
