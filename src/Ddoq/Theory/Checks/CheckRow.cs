namespace Ddoq.Theory.Checks;

/// <summary>One number of a check: what theory says, what was found, and whether the two agree.</summary>
/// <param name="Id">Check that the row belongs to, such as "T7".</param>
/// <param name="What">The number, in words.</param>
/// <param name="Expected">What theory says.</param>
/// <param name="Found">What was computed or measured.</param>
/// <param name="Tolerance">Permitted difference, at least 0, in the unit of the numbers.</param>
/// <param name="Relation">How the two must stand to each other.</param>
public sealed record CheckRow(string Id, string What, double Expected, double Found, double Tolerance, CheckRelation Relation)
{
    /// <summary>Whether the relation holds. A found NaN never agrees.</summary>
    public bool Ok => Relation switch
    {
        CheckRelation.Near => Math.Abs(Found - Expected) <= Tolerance,
        CheckRelation.AtMost => Found <= Expected + Tolerance,
        CheckRelation.AtLeast => Found >= Expected - Tolerance,
        _ => Found > Expected + Tolerance,
    };
}
