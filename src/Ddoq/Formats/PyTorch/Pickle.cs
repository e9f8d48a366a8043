namespace Ddoq.Formats.PyTorch;

/// <summary>A name that a pickle asks for, such as <c>torch.FloatStorage</c>. It is data here: nothing is ever looked up or run.</summary>
/// <param name="Module">Python module.</param>
/// <param name="Name">Name in it.</param>
public sealed record PickleName(string Module, string Name)
{
    /// <inheritdoc />
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>An object that is kept without being understood, such as the arguments of a training script.</summary>
/// <param name="Type">Its class.</param>
public sealed record PickleObject(PickleName Type)
{
    /// <summary>Its attributes, where the pickle set any.</summary>
    public object? State { get; set; }
}

/// <summary>The elements that one or several tensors view.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Key">Name in the archive.</param>
/// <param name="Count">Elements.</param>
public sealed record TorchStorage(ElementType Type, string Key, long Count);

/// <summary>A view of a storage.</summary>
/// <param name="Storage">The elements.</param>
/// <param name="Offset">First element.</param>
/// <param name="Shape">Sizes.</param>
/// <param name="Strides">Steps in elements, one per size.</param>
public sealed record TorchTensor(TorchStorage Storage, long Offset, IReadOnlyList<long> Shape, IReadOnlyList<long> Strides)
{
    /// <summary>Elements of the view.</summary>
    public long Count => Shape.Aggregate(1L, (a, b) => checked(a * b));
}
