using Ddoq.Cli.CommandLine;
using Ddoq.Foundations;
using Ddoq.Neural.Runtime;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary>Makes networks ready to run where the options say.</summary>
internal static class Networks
{
    /// <summary>Starts libtorch with the verb's threads.</summary>
    /// <exception cref="UsageException">The device is not one that this version runs networks on.</exception>
    /// <exception cref="WorkFailedException">libtorch does not load or computes wrong numbers.</exception>
    public static void Start(CommandContext context)
    {
        if (context.Device.IsCuda) throw new UsageException($"--device {context.Device}: this version runs networks on the processor alone. Leave --device out.");
        Libtorch.Start(new LibtorchOptions { Threads = context.Threads });
    }
}
