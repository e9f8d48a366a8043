namespace Ddoq.Theory.Checks;

/// <summary>How a found number must stand to the expected one.</summary>
public enum CheckRelation
{
    /// <summary>|found - expected| is at most the tolerance.</summary>
    Near,

    /// <summary>found is at most expected + tolerance.</summary>
    AtMost,

    /// <summary>found is at least expected - tolerance.</summary>
    AtLeast,

    /// <summary>found is greater than expected + tolerance.</summary>
    MoreThan,
}
