using System.Text.RegularExpressions;

namespace Ddoq.Neural.Checkpoints;

/// <summary>How the names in a weights file become the names of a network's state.</summary>
/// <param name="Name">For messages: "diffusers", "single file".</param>
/// <param name="Rename">A name in the file to a name of the network, or null for an entry that carries no weights and is skipped.</param>
public sealed record KeyMap(string Name, Func<string, string?> Rename)
{
    /// <summary>Names as they are.</summary>
    public static KeyMap Identity { get; } = new("the network's own", key => key);

    /// <summary>Applies replacements in order.</summary>
    internal static string Replace(string key, IReadOnlyList<(Regex Pattern, string By)> rules) => rules.Aggregate(key, (k, rule) => rule.Pattern.Replace(k, rule.By));
}
