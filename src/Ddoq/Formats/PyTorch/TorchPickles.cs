namespace Ddoq.Formats.PyTorch;

/// <summary>The names that a file of weights may use, and what is made of them.</summary>
internal static class TorchPickles
{
    private static readonly Dictionary<string, ElementType> Storages = new()
    {
        ["FloatStorage"] = ElementType.Float32,
        ["DoubleStorage"] = ElementType.Float64,
        ["HalfStorage"] = ElementType.Float16,
        ["BFloat16Storage"] = ElementType.BFloat16,
        ["LongStorage"] = ElementType.Int64,
        ["IntStorage"] = ElementType.Int32,
        ["ShortStorage"] = ElementType.Int16,
        ["CharStorage"] = ElementType.Int8,
        ["ByteStorage"] = ElementType.UInt8,
        ["BoolStorage"] = ElementType.Bool,
    };

    private static readonly HashSet<string> Known = ["collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter", "argparse.Namespace"];

    /// <summary>Accepts a name, or refuses it.</summary>
    /// <exception cref="FormatException">It is not one that weights need.</exception>
    public static PickleName Named(string module, string name)
    {
        var found = new PickleName(module, name);
        if (Known.Contains(found.ToString()) || module == "torch" && Storages.ContainsKey(name)) return found;
        throw new FormatException($"it asks for '{found}', which no file of weights needs, so it is not read");
    }

    /// <summary>The storage that a persistent id ("storage", type, key, location, elements, …) names; where it lay does not matter.</summary>
    public static TorchStorage Storage(object? id) => id is object?[] { Length: >= 5 } parts && parts[0] is "storage" && parts[1] is PickleName { Module: "torch" } type
        && Storages.TryGetValue(type.Name, out var element) && parts[2] is string key && parts[4] is long and >= 0 and var count
        && (parts.Length == 5 || parts[5] is null)
        ? new TorchStorage(element, key, count)
        : throw new FormatException("a storage is described in a way that is not known");

    /// <summary>What a known name makes of its arguments.</summary>
    public static object? Build(object? callee, object? arguments) => ((callee as PickleName)?.ToString(), arguments as object?[]) switch
    {
        ("collections.OrderedDict", { Length: 0 }) => new Dictionary<object, object?>(),
        ("argparse.Namespace", { Length: 0 }) => new PickleObject((PickleName)callee!),
        ("torch._utils._rebuild_parameter", { Length: >= 1 } parts) when parts[0] is TorchTensor => parts[0],
        ("torch._utils._rebuild_tensor_v2", { Length: >= 4 } parts) => Tensor(parts),
        var (name, _) => throw new FormatException($"'{name ?? "something"}' is called in a way that is not known"),
    };

    private static TorchTensor Tensor(object?[] parts)
    {
        if (parts[0] is not TorchStorage storage || parts[1] is not long offset || Longs(parts[2]) is not { } shape || Longs(parts[3]) is not { } strides || shape.Length != strides.Length)
            throw new FormatException("a tensor is described in a way that is not known");
        var last = offset;
        for (var d = 0; d < shape.Length; d++) last = checked(last + Math.Max(0, shape[d] - 1) * strides[d]);
        if (offset < 0 || shape.Any(s => s < 0) || strides.Any(s => s < 0) || (!shape.Contains(0) && last >= storage.Count))
            throw new FormatException($"a tensor of [{string.Join(", ", shape)}] from element {offset} leaves its storage of {storage.Count} elements");
        return new TorchTensor(storage, offset, shape, strides);
    }

    private static long[]? Longs(object? value) => value is object?[] items && items.All(i => i is long) ? [.. items.Cast<long>()] : null;
}
