using System.Text;
using Microsoft.ML.Tokenizers;

namespace Ddoq.Neural.Networks.Clip;

/// <summary>
/// Cuts a normalized text into words: an English ending such as 's, a run of letters, one digit, or a run of anything else but blanks. By whole code points, which a
/// regular expression of .NET does not do beyond the first 65536.
/// </summary>
internal sealed class ClipWords : PreTokenizer
{
    private static readonly string[] Endings = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private enum Kind
    {
        Blank,
        Letter,
        Number,
        Other,
    }

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => PreTokenize(text.ToString());

    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            var (kind, length) = Next(text, at);
            if (kind != Kind.Blank) yield return (at, length);
            at += length;
        }
    }

    private static (Kind, int Length) Next(string text, int at)
    {
        if (Endings.FirstOrDefault(e => text.AsSpan(at).StartsWith(e, StringComparison.Ordinal)) is { } ending) return (Kind.Other, ending.Length);
        var (kind, length) = At(text, at);
        while (kind is Kind.Letter or Kind.Other && at + length < text.Length && At(text, at + length) is var (next, more) && next == kind) length += more;
        return (kind, length);
    }

    private static (Kind, int Length) At(string text, int at)
    {
        _ = Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var length);
        return (Rune.IsWhiteSpace(rune) ? Kind.Blank : Rune.IsLetter(rune) ? Kind.Letter : Rune.IsNumber(rune) ? Kind.Number : Kind.Other, length);
    }
}
