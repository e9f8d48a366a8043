using CsCheck;
using Ddoq.Cli.CommandLine;

namespace Ddoq.Cli.Tests.CommandLine;

public class NameSuggestionTests
{
    [Theory]
    [InlineData("distil", "distill")]
    [InlineData("qunatize", "quantize")]
    [InlineData("xyzzy", null)]
    [InlineData("plan", null)]
    public void Nearest_Word_IsTheOneMeant(string given, string? expected) =>
        Assert.Equal(expected, NameSuggestion.Nearest(given, ["quickstart", "distill", "quantize", "verify"]));

    [Theory]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    [InlineData("ab", "ba", 1)]
    public void Edits_KnownPairs_HandCount(string a, string b, int expected) => Assert.Equal(expected, NameSuggestion.Edits(a, b));

    [Fact]
    public void Edits_AnyWords_SymmetricZeroOnlyForEqualAndBounded()
    {
        var word = Gen.String[Gen.Char['a', 'd'], 0, 7];
        Gen.Select(word, word).Sample((a, b) =>
        {
            var edits = NameSuggestion.Edits(a, b);
            Assert.Equal(edits, NameSuggestion.Edits(b, a));
            Assert.Equal(a == b, edits == 0);
            Assert.InRange(edits, Math.Abs(a.Length - b.Length), Math.Max(a.Length, b.Length));
        });
    }
}
