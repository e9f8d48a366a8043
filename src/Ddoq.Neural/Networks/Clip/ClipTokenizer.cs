using System.Text.Json;
using System.Text.RegularExpressions;
using Ddoq.Foundations;
using Microsoft.ML.Tokenizers;

namespace Ddoq.Neural.Networks.Clip;

/// <summary>
/// CLIP's byte-pair tokenizer with the ids of transformers' CLIPTokenizer (the slow one, without ftfy): <see cref="ClipNormalizer"/>, <see cref="ClipWords"/>, then byte-level pairs with an end-of-word mark.
/// </summary>
public sealed partial class ClipTokenizer
{
    private const string StartOfText = "<|startoftext|>", EndOfText = "<|endoftext|>";

    private readonly BpeTokenizer _pairs;
    private readonly int _start, _end;

    /// <summary>From a vocabulary and its merges.</summary>
    /// <param name="vocabulary">Symbols to ids.</param>
    /// <param name="merges">Pairs "a b", the first merged first.</param>
    /// <exception cref="BadInputException">The marks of start and end are not in the vocabulary.</exception>
    public ClipTokenizer(IReadOnlyDictionary<string, int> vocabulary, IEnumerable<string> merges)
    {
        if (!vocabulary.TryGetValue(StartOfText, out _start) || !vocabulary.TryGetValue(EndOfText, out _end))
            throw new BadInputException($"the tokenizer's vocabulary of {vocabulary.Count} symbols lacks {StartOfText} or {EndOfText}. Use the vocab.json of a CLIP model.");
        _pairs = BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = [.. merges],
            ByteLevel = true,
            EndOfWordSuffix = "</w>",
            Normalizer = new ClipNormalizer(),
            PreTokenizer = new ClipWords(),
        });
    }

    /// <summary>From the folder <c>tokenizer</c> of a model: vocab.json and merges.txt.</summary>
    /// <exception cref="BadInputException">A file is missing or not what it should be.</exception>
    public static ClipTokenizer Load(string folder)
    {
        var (vocabulary, merges) = (Path.Combine(folder, "vocab.json"), Path.Combine(folder, "merges.txt"));
        if (!File.Exists(vocabulary) || !File.Exists(merges))
            throw new BadInputException($"'{folder}' is no CLIP tokenizer: expected vocab.json and merges.txt. Copy the model again.");
        try
        {
            var symbols = JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(vocabulary)) ?? throw new JsonException("null");
            return new ClipTokenizer(symbols, File.ReadLines(merges).Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal)));
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new BadInputException($"'{vocabulary}' or '{merges}' is damaged: {e.Message}. Copy the model again.", e);
        }
    }

    /// <summary>Ids of a text, without a start before and an end after it; where the text spells such a mark, its id.</summary>
    public IReadOnlyList<int> Encode(string text) => [.. Marks().Split(text).SelectMany(Piece)];

    /// <summary>Start, the first ids, end, and the end again up to <paramref name="length"/>.</summary>
    public long[] EncodePadded(string text, int length)
    {
        var ids = Enumerable.Repeat((long)_end, length).ToArray();
        ids[0] = _start;
        var body = Encode(text);
        for (var i = 0; i < Math.Min(body.Count, length - 2); i++) ids[i + 1] = body[i];
        return ids;
    }

    private IEnumerable<int> Piece(string text) => text.ToLowerInvariant() switch
    {
        StartOfText => [_start],
        EndOfText => [_end],
        _ => _pairs.EncodeToIds(text),
    };

    [GeneratedRegex(@"(<\|startoftext\|>|<\|endoftext\|>)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Marks();
}
