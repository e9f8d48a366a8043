using System.Text;

namespace Ddoq.Distilled;

/// <summary>Comma-separated values as RFC 4180 has them, with line feeds as row ends: what Python's csv and pandas read back.</summary>
internal static class CsvText
{
    private static readonly char[] NeedsQuotes = [',', '"', '\n', '\r'];

    /// <summary>Appends one row.</summary>
    public static void AppendRow(StringBuilder text, params ReadOnlySpan<string> fields)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            if (i > 0) text.Append(',');
            if (fields[i].IndexOfAny(NeedsQuotes) < 0) text.Append(fields[i]);
            else text.Append('"').Append(fields[i].Replace("\"", "\"\"")).Append('"');
        }
        text.Append('\n');
    }

    /// <summary>All rows of a text. A quoted field may hold commas, doubled quotes and line feeds.</summary>
    /// <exception cref="FormatException">A quote is not closed, or stands within an unquoted field.</exception>
    public static List<string[]> Rows(string text)
    {
        var rows = new List<string[]>();
        for (var at = 0; at < text.Length;) rows.Add(Row(text, ref at));
        return rows;
    }

    private static string[] Row(string text, ref int at)
    {
        var fields = new List<string>();
        while (true)
        {
            fields.Add(at < text.Length && text[at] == '"' ? Quoted(text, ref at) : Plain(text, ref at));
            if (at < text.Length && text[at] == ',') at++;
            else break;
        }
        if (at < text.Length && text[at] == '\r') at++;
        if (at < text.Length && text[at++] != '\n') throw new FormatException($"character {at} should end a field");
        return [.. fields];
    }

    private static string Plain(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && text[at] is not (',' or '\n' or '\r'))
            if (text[at++] == '"') throw new FormatException($"a quote stands within the unquoted field at character {at}");
        return text[start..at];
    }

    private static string Quoted(string text, ref int at)
    {
        var field = new StringBuilder();
        for (at++; at < text.Length; at++)
            if (text[at] != '"') field.Append(text[at]);
            else if (at + 1 < text.Length && text[at + 1] == '"') field.Append(text[at++]);
            else
            {
                at++;
                return field.ToString();
            }
        throw new FormatException("a quoted field is not closed");
    }
}
