using System.Globalization;
using System.Text;
using Ddoq.Cli.CommandLine;
using Ddoq.Foundations;

namespace Ddoq.Cli.Pipeline;

/// <summary>What a stage's result depends on, as one hash: its name, its inputs' hashes, its options, the program's version. Equal fingerprints mean equal bits.</summary>
internal static class Fingerprint
{
    public static string Of(string stage, params IEnumerable<object?> dependencies)
    {
        var text = new StringBuilder(stage).Append('\n').Append(ToolVersion.Current);
        foreach (var dependency in dependencies) text.Append('\n').Append(Convert.ToString(dependency, CultureInfo.InvariantCulture));
        return Hashes.OfBytes(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
