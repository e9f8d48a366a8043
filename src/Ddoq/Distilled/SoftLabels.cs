namespace Ddoq.Distilled;

/// <summary>
/// Teacher logits for every image of a distilled set, N x V x L in half precision (less where <see cref="Storage"/> says so): V augmented views of each of N images over L classes.
/// Logits are raw; a student softens its own and the teacher's by the same <see cref="Temperature"/>.
/// </summary>
public sealed class SoftLabels
{
    private readonly Half[] _logits;

    /// <summary>Wraps logits without copying.</summary>
    /// <param name="logits">N x V x L, finite.</param>
    /// <param name="count">Images, N; at least 1.</param>
    /// <param name="views">Views per image, V; at least 1.</param>
    /// <param name="classes">Classes, L; at least 1.</param>
    /// <param name="storage">How they are stored; logits are rounded to it in place. Null keeps them whole.</param>
    /// <exception cref="ArgumentException">The length is not N * V * L, a logit is not finite, or the form does not fit the classes.</exception>
    public SoftLabels(Half[] logits, int count, int views, int classes, LabelStorage? storage = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(views);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        var length = (long)count * views * classes;
        if (logits.Length != length)
            throw new ArgumentException($"soft labels of {count} x {views} x {classes} need {length} logits, got {logits.Length}.", nameof(logits));
        var wrong = Array.FindIndex(logits, l => !Half.IsFinite(l));
        if (wrong >= 0)
            throw new ArgumentException($"logit {wrong % classes} of view {wrong / classes % views} of image {wrong / classes / views} is {logits[wrong]}, not a finite half-precision number.", nameof(logits));
        (_logits, Count, Views, Classes, Storage) = (logits, count, views, classes, storage ?? LabelStorage.Whole);
        Storage.Require(classes);
        Storage.Round(logits, classes);
    }

    /// <summary>Images, N.</summary>
    public int Count { get; }

    /// <summary>Augmented views per image, V.</summary>
    public int Views { get; }

    /// <summary>Classes, L.</summary>
    public int Classes { get; }

    /// <summary>How they lie on disk.</summary>
    public LabelStorage Storage { get; }

    /// <summary>Bytes that they take there.</summary>
    public long StoredBytes => (long)Count * Views * Storage.BytesPerView(Classes);

    /// <summary>Softmax temperature for teacher and student; finite, above 0. Default 1.</summary>
    public float Temperature
    {
        get;
        init => field = float.IsFinite(value) && value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(Temperature), value, "the temperature must be finite and above 0.");
    } = 1;

    /// <summary>How the views were made, for instance "none" or "crop+flip".</summary>
    public string AugmentationName { get; init; } = "none";

    /// <summary>Seed from which view v of image n can be made again.</summary>
    public ulong AugmentationSeed { get; init; }

    /// <summary>Name of the teacher.</summary>
    public required string TeacherName { get; init; }

    /// <summary>SHA-256 of the teacher's weights.</summary>
    public required string TeacherHash { get; init; }

    /// <summary>All logits, N x V x L.</summary>
    public ReadOnlySpan<Half> Logits => _logits;

    /// <summary>Rounds single-precision logits to half precision, as they are stored.</summary>
    /// <exception cref="ArgumentException">A logit is beyond +-65504, the range of half precision.</exception>
    public static Half[] Round(ReadOnlySpan<float> logits)
    {
        var halves = new Half[logits.Length];
        for (var i = 0; i < halves.Length; i++) halves[i] = (Half)logits[i];
        var wrong = Array.FindIndex(halves, h => !Half.IsFinite(h));
        if (wrong >= 0) throw new ArgumentException($"logit {logits[wrong]} at position {wrong} does not fit half precision (finite, within +-65504).", nameof(logits));
        return halves;
    }

    /// <summary>Logits of one view of one image, L values.</summary>
    public ReadOnlySpan<Half> View(int image, int view)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, Count);
        ArgumentOutOfRangeException.ThrowIfNegative(view);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(view, Views);
        return _logits.AsSpan((image * Views + view) * Classes, Classes);
    }
}
