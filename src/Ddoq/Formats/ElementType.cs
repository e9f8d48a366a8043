namespace Ddoq.Formats;

/// <summary>Element types of tensor files. Names of members are ours; <see cref="ElementTypes.Tag"/> gives the name in a safetensors header.</summary>
public enum ElementType
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,
    /// <summary>Unsigned 8-bit integer.</summary>
    UInt8,
    /// <summary>Signed 8-bit integer.</summary>
    Int8,
    /// <summary>8-bit float, 5 exponent bits.</summary>
    Float8E5M2,
    /// <summary>8-bit float, 4 exponent bits.</summary>
    Float8E4M3,
    /// <summary>Signed 16-bit integer.</summary>
    Int16,
    /// <summary>Unsigned 16-bit integer.</summary>
    UInt16,
    /// <summary>IEEE 754 half precision.</summary>
    Float16,
    /// <summary>The upper half of a float32.</summary>
    BFloat16,
    /// <summary>Signed 32-bit integer.</summary>
    Int32,
    /// <summary>Unsigned 32-bit integer.</summary>
    UInt32,
    /// <summary>IEEE 754 single precision.</summary>
    Float32,
    /// <summary>Two float32, real part first.</summary>
    Complex64,
    /// <summary>IEEE 754 double precision.</summary>
    Float64,
    /// <summary>Signed 64-bit integer.</summary>
    Int64,
    /// <summary>Unsigned 64-bit integer.</summary>
    UInt64,
}

/// <summary>Sizes and names of <see cref="ElementType"/>.</summary>
public static class ElementTypes
{
    private static readonly Dictionary<string, ElementType> ByTag = Enum.GetValues<ElementType>().ToDictionary(Tag);

    /// <summary>Bytes of one element: 1, 2, 4 or 8.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.Bool or ElementType.UInt8 or ElementType.Int8 or ElementType.Float8E5M2 or ElementType.Float8E4M3 => 1,
        ElementType.Int16 or ElementType.UInt16 or ElementType.Float16 or ElementType.BFloat16 => 2,
        ElementType.Int32 or ElementType.UInt32 or ElementType.Float32 => 4,
        ElementType.Complex64 or ElementType.Float64 or ElementType.Int64 or ElementType.UInt64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not an element type."),
    };

    /// <summary>Name in a safetensors header, for instance "BF16".</summary>
    public static string Tag(this ElementType type) => type switch
    {
        ElementType.Bool => "BOOL",
        ElementType.UInt8 => "U8",
        ElementType.Int8 => "I8",
        ElementType.Float8E5M2 => "F8_E5M2",
        ElementType.Float8E4M3 => "F8_E4M3",
        ElementType.Int16 => "I16",
        ElementType.UInt16 => "U16",
        ElementType.Float16 => "F16",
        ElementType.BFloat16 => "BF16",
        ElementType.Int32 => "I32",
        ElementType.UInt32 => "U32",
        ElementType.Float32 => "F32",
        ElementType.Complex64 => "C64",
        ElementType.Float64 => "F64",
        ElementType.Int64 => "I64",
        ElementType.UInt64 => "U64",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not an element type."),
    };

    /// <summary>Finds the type of a safetensors name.</summary>
    public static bool TryParse(string tag, out ElementType type) => ByTag.TryGetValue(tag, out type);
}
