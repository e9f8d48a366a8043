namespace Ddoq.Formats;

/// <summary>One tensor of a file: what it is and where its bytes lie.</summary>
public sealed class TensorEntry
{
    internal TensorEntry(string name, ElementType type, long[] shape, long start, long byteLength) =>
        (Name, Type, Shape, Start, ByteLength) = (name, type, shape, start, byteLength);

    /// <summary>Name, for instance "blocks.0.attn.qkv.weight".</summary>
    public string Name { get; }

    /// <summary>Type of the stored elements.</summary>
    public ElementType Type { get; }

    /// <summary>Extent of each axis, slowest first; empty for a scalar.</summary>
    public long[] Shape { get; }

    /// <summary>Number of elements: the product of the shape, 1 for a scalar.</summary>
    public long Count => ByteLength / Type.Size();

    /// <summary>Bytes in the file.</summary>
    public long ByteLength { get; }

    /// <summary>Offset of the first byte from the start of the file.</summary>
    internal long Start { get; }

    /// <inheritdoc />
    public override string ToString() => $"{Name}: {Type.Tag()} [{string.Join(", ", Shape)}]";
}
