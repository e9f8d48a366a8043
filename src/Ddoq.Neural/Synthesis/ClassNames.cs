using Ddoq.Foundations;

namespace Ddoq.Neural.Synthesis;

/// <summary>The classes that a class-conditional prior was trained on, and how a data set's classes find theirs.</summary>
public sealed class ClassNames
{
    private readonly IReadOnlyList<string> _names;
    private readonly Dictionary<string, int>? _byName;
    private readonly int _count;

    private ClassNames(IReadOnlyList<string> names, Dictionary<string, int>? byName, int count) => (_names, _byName, _count) = (names, byName, count);

    /// <summary>What the data must fulfil, for messages.</summary>
    public string Demand => _byName is not null ? "Each class of the data must be one of the prior's, by its name or one of its synonyms" : _names.Count > 0 ? "Names and order must agree" : $"Their number must be {_count}";

    /// <summary>Names that the data must have in the same order.</summary>
    public static ClassNames InOrder(IReadOnlyList<string> names) => new(names, null, names.Count);

    /// <summary>A class-conditional model without names: the labels are taken as they are.</summary>
    public static ClassNames Unnamed(int count) => new([], null, count);

    /// <summary>Names by label, each perhaps a list of synonyms such as "tench, Tinca tinca"; a name that two labels share is known by its full text alone.</summary>
    public static ClassNames ByName(IReadOnlyList<string> names)
    {
        var synonyms = names.SelectMany((text, label) => text.Split(',').Append(text).Select(name => (Name: Key(name), label)).Distinct())
            .GroupBy(p => p.Name).Where(g => g.Select(p => p.label).Distinct().Count() == 1).ToDictionary(g => g.Key, g => g.First().label);
        return new ClassNames(names, synonyms, names.Count);
    }

    /// <summary>Whether every class of the data has one of these.</summary>
    public bool Know(IReadOnlyList<string> classNames) => _byName is not null ? classNames.All(c => _byName.ContainsKey(Key(c)))
        : _names.Count > 0 ? _names.SequenceEqual(classNames, StringComparer.Ordinal) : classNames.Count == _count;

    /// <summary>The prior's label of a class of the data.</summary>
    /// <exception cref="BadInputException">It has none.</exception>
    public int IndexOf(ClassLabel label) => _byName is null ? label.Index
        : _byName.TryGetValue(Key(label.Name), out var own) ? own
        : throw new BadInputException($"the prior knows no class '{label.Name}'. {Demand}.");

    /// <inheritdoc />
    public override string ToString() => _names.Count == 0 ? $"{_count} without names" : string.Join(", ", _names.Take(20)) + (_names.Count > 20 ? $", … {_names.Count} in all" : "");

    private static string Key(string name) => name.Trim().Replace('_', ' ').ToUpperInvariant();
}
