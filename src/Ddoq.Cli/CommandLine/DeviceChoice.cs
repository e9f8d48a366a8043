namespace Ddoq.Cli.CommandLine;

/// <summary>The value of <c>--device</c>: the processor, or one CUDA device by index.</summary>
internal readonly record struct DeviceChoice(bool IsCuda, int Index)
{
    public static DeviceChoice Cpu => default;

    /// <summary>Reads <c>cpu</c>, <c>cuda</c> or <c>cuda:i</c>.</summary>
    public static bool TryParse(string text, out DeviceChoice device)
    {
        device = Cpu;
        if (text == "cpu") return true;
        if (text == "cuda") return Set(out device, 0);
        return text.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(5), System.Globalization.NumberStyles.None, null, out var index)
            && Set(out device, index);
    }

    public override string ToString() => IsCuda ? $"cuda:{Index}" : "cpu";

    private static bool Set(out DeviceChoice device, int index)
    {
        device = new DeviceChoice(true, index);
        return true;
    }
}
