namespace Ddoq.Neural.Runtime;

/// <summary>How libtorch is started.</summary>
public sealed record LibtorchOptions
{
    private readonly int _threads = Environment.ProcessorCount;

    /// <summary>Threads within one operator, at least 1. Default: all processors. Results of networks are bit-equal for equal thread counts only.</summary>
    public int Threads
    {
        get => _threads;
        init => _threads = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Threads), value, "at least one thread is needed");
    }

    /// <summary>Whether the checks of arithmetic run at start (about 20 ms). Default true.</summary>
    public bool SelfCheck { get; init; } = true;
}
