using Ddoq.Neural.Runtime;

// Operators use all cores by themselves: test classes side by side would only fight for them.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(Ddoq.Neural.Tests.StartedLibtorch))]

namespace Ddoq.Neural.Tests;

/// <summary>Starts libtorch once, with its self-check, before the first test.</summary>
public sealed class StartedLibtorch
{
    public StartedLibtorch() => Libtorch.Start(new LibtorchOptions { Threads = 2 });
}
