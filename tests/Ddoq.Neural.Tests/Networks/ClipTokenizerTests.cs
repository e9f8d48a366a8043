using Ddoq.Neural.Networks.Clip;
using Utf8 = System.Text.UTF8Encoding;

namespace Ddoq.Neural.Tests.Networks;

/// <summary>Texts at the edge of Unicode, with a vocabulary of bytes alone, so that the ids show where words end and which bytes are in them.</summary>
public sealed class ClipTokenizerTests
{
    private const string Start = "<|startoftext|>", End = "<|endoftext|>";
    private static readonly string[] Bytes = [.. ByteSymbols()];
    private static readonly ClipTokenizer Tokenizer = new(Vocabulary(), []);

    [Theory]
    [InlineData("a\vb \fc", "ab|c")] // control characters are dropped, though Unicode calls some of them blanks
    [InlineData("a\u0085b", "ab")]
    [InlineData("a\u2028b\u00A0c\r\nd", "a|b|c|d")]
    [InlineData("ΟΔΟΣ ΣΑ Σ", "οδος|σα|σ")] // a sigma that ends a word
    [InlineData("İstanbul", "i|\u0307|stanbul")] // lower case of one letter is a letter and a mark
    [InlineData("𝐀𝐁c", "𝐀𝐁c")] // letters and digits beyond the first 65536 characters
    [InlineData("a𝟏𝟐b", "a|𝟏|𝟐|b")]
    [InlineData("🐶🐱!dog's 12", "🐶🐱!|dog|'s|1|2")]
    [InlineData("\"'s '", "\"'|s|'")]
    public void Encode_EdgeOfUnicode_GivesTheWordsOfTransformers(string text, string words) => Assert.Equal(words, Words(text));

    [Fact]
    public void Encode_MarksInTheText_GiveTheirIds() => Assert.Equal($"a|{End}|b|{Start}", Words($"a{End}B {Start}"));

    private static string Words(string text)
    {
        var words = new List<string>();
        var bytes = new List<byte>();
        foreach (var id in Tokenizer.Encode(text))
        {
            if (id >= 512) words.Add(id == 512 ? Start : End);
            else bytes.Add(Value(Bytes[id % 256]));
            if (id is < 256 or >= 512) continue;
            words.Add(new Utf8(false).GetString([.. bytes]));
            bytes.Clear();
        }
        return string.Join('|', words);
    }

    private static Dictionary<string, int> Vocabulary() => new[] { Bytes, Bytes.Select(b => b + "</w>"), [Start, End] }.SelectMany(s => s).Select((s, i) => (s, i)).ToDictionary(p => p.s, p => p.i);

    // Printable bytes stand for themselves; the others, in order, for the characters from 256 on.
    private static bool Printable(int b) => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);

    private static IEnumerable<string> ByteSymbols()
    {
        var moved = 256;
        for (var b = 0; b < 256; b++) yield return ((char)(Printable(b) ? b : moved++)).ToString();
    }

    private static byte Value(string symbol) => (byte)Array.IndexOf(Bytes, symbol);
}
