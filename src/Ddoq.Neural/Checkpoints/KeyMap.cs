using System.Text.RegularExpressions;

namespace Ddoq.Neural.Checkpoints;

/// <summary>How the names in a weights file become the names of a network's state.</summary>
/// <param name="Name">For messages: "diffusers", "single file".</param>
/// <param name="Rename">A name in the file to its place in the network, or null for an entry that carries no weights and is skipped.</param>
public sealed record KeyMap(string Name, Func<string, KeyTarget?> Rename)
{
    /// <summary>Names as they are.</summary>
    public static KeyMap Identity { get; } = new("the network's own", key => key);

    /// <summary>Entries that the network computes itself and that a file may leave out.</summary>
    public IReadOnlySet<string> Computed { get; init; } = new HashSet<string>();

    /// <summary>Applies replacements in order.</summary>
    internal static string Replace(string key, IReadOnlyList<(Regex Pattern, string By)> rules) => rules.Aggregate(key, (k, rule) => rule.Pattern.Replace(k, rule.By));
}

/// <summary>Where a tensor of a file goes.</summary>
/// <param name="Name">Entry of the network.</param>
/// <param name="Part">Which of <paramref name="Parts"/> equal shares of its rows.</param>
/// <param name="Parts">Tensors that lie below one another in the entry.</param>
/// <param name="Copy">Whether another tensor of the file holds the same values; the first one counts.</param>
public sealed record KeyTarget(string Name, int Part = 0, int Parts = 1, bool Copy = false)
{
    /// <summary>The whole of an entry.</summary>
    public static implicit operator KeyTarget?(string? name) => name is null ? null : new KeyTarget(name);
}
