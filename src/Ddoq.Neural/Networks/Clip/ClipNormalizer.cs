using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace Ddoq.Neural.Networks.Clip;

/// <summary>What happens to a text before it is cut: control characters go, CJK characters stand alone, blanks collapse, composed form, lower case.</summary>
internal sealed partial class ClipNormalizer : Normalizer
{
    public override string Normalize(string original) => Normalize(original.AsSpan());

    public override string Normalize(ReadOnlySpan<char> original)
    {
        var text = new StringBuilder(original.Length);
        foreach (var rune in original.EnumerateRunes()) Append(text, rune);
        return Lower(Blanks().Replace(text.ToString().Normalize(NormalizationForm.FormC), " ").Trim());
    }

    private static void Append(StringBuilder text, Rune rune)
    {
        if (IsDropped(rune)) return;
        if (Rune.IsWhiteSpace(rune)) text.Append(' ');
        else if (IsCjk(rune.Value)) text.Append(' ').Append(rune).Append(' ');
        else text.Append(rune);
    }

    // The full lower case of Unicode: .NET's keeps the number of characters, so it lacks these two.
    private static string Lower(string text) => LastSigma().Replace(text.Replace("\u0130", "i\u0307", StringComparison.Ordinal), "\u03C2").ToLowerInvariant();

    // Vertical tab, form feed and next line are control characters here, no blanks.
    private static bool IsDropped(Rune rune) => rune.Value is not ('\t' or '\n' or '\r') && (rune.Value == 0xFFFD ||
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    // The blocks of CJK unified ideographs, their extensions and compatibility ideographs.
    private static bool IsCjk(int c) => c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    // A capital sigma after a letter and before none, marks aside.
    [GeneratedRegex(@"(?<=[\p{Lu}\p{Ll}\p{Lt}]\p{M}*)\u03A3(?!\p{M}*[\p{Lu}\p{Ll}\p{Lt}])")] private static partial Regex LastSigma();

    [GeneratedRegex(@"\s+")] private static partial Regex Blanks();
}
