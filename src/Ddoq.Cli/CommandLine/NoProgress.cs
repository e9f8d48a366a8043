using Ddoq.Foundations;

namespace Ddoq.Cli.CommandLine;

/// <summary>Progress with --quiet.</summary>
internal sealed class NoProgress : IProgress<StageProgress>, IDisposable
{
    public void Report(StageProgress value) { }

    public void Dispose() { }
}
