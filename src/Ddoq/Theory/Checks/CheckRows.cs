namespace Ddoq.Theory.Checks;

/// <summary>Rows of a check, named by the relation they ask for.</summary>
public static class CheckRows
{
    /// <summary>found = expected within the tolerance.</summary>
    public static CheckRow Near(this ITheoryCheck check, string what, double expected, double found, double tolerance) =>
        new(check.Id, what, expected, found, tolerance, CheckRelation.Near);

    /// <summary>found &lt;= expected within the tolerance.</summary>
    public static CheckRow AtMost(this ITheoryCheck check, string what, double expected, double found, double tolerance = 0) =>
        new(check.Id, what, expected, found, tolerance, CheckRelation.AtMost);

    /// <summary>found >= expected within the tolerance.</summary>
    public static CheckRow AtLeast(this ITheoryCheck check, string what, double expected, double found, double tolerance = 0) =>
        new(check.Id, what, expected, found, tolerance, CheckRelation.AtLeast);

    /// <summary>found > expected.</summary>
    public static CheckRow MoreThan(this ITheoryCheck check, string what, double expected, double found) =>
        new(check.Id, what, expected, found, 0, CheckRelation.MoreThan);
}
