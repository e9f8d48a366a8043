using Ddoq.Augmentations;
using Ddoq.Distilled;

namespace Ddoq.Neural.Labelling;

/// <summary>How soft labels are made.</summary>
public sealed record LabelOptions
{
    private readonly int _views = 100;

    /// <summary>Augmented views labelled per image, V; a student's epoch e uses view e mod V. Default 100.</summary>
    public int Views { get => _views; init => _views = value is >= 1 and <= 100_000 ? value : throw new ArgumentOutOfRangeException(nameof(Views), value, "1 to 100000"); }

    /// <summary>The views. With <see cref="Augmentation.None"/> one view is enough.</summary>
    public Augmentation Augmentation { get; init; } = new();

    /// <summary>Temperature that students are told to use on both sides; logits are stored raw. Default 4.</summary>
    public float Temperature { get; init; } = 4;

    /// <summary>How the labels are stored. Default: all logits in half precision.</summary>
    public LabelStorage Storage { get; init; } = LabelStorage.Whole;
}
