namespace Ddoq.Cli.CommandLine;

/// <summary>"Did you mean": the nearest of the known names, where one is near.</summary>
internal static class NameSuggestion
{
    /// <summary>A clause to append, or nothing.</summary>
    public static string Hint(string given, IEnumerable<string> known) => Nearest(given, known) is { } near ? $" (did you mean {near}?)" : "";

    /// <summary>The known name with the fewest edits, at most a third of its letters; null where none is that near.</summary>
    public static string? Nearest(string given, IEnumerable<string> known) => known
        .Select(name => (Name: name, Edits: Edits(given, name)))
        .Where(candidate => candidate.Edits <= Math.Max(1, candidate.Name.TrimStart('-').Length / 3))
        .OrderBy(candidate => candidate.Edits)
        .Select(candidate => candidate.Name)
        .FirstOrDefault();

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (optimal string alignment).</summary>
    public static int Edits(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        for (var j = 1; j <= b.Length; j++)
        {
            d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
        }
        return d[a.Length, b.Length];
    }
}
