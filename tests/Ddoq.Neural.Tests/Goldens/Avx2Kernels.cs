using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using Ddoq.Neural.Runtime;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>
/// The kernels that processors with AVX2 alone have, for trajectories that pass so near to a kink of the network that one rounding decides
/// on which side they go on. oneDNN and MKL choose when they are loaded: another process it is. ATen's are AVX2 always (<see cref="Libtorch"/>).
/// </summary>
internal static class Avx2Kernels
{
    private static readonly (string Name, string Value)[] Settings = [("ONEDNN_MAX_CPU_ISA", "AVX2"), ("MKL_ENABLE_INSTRUCTIONS", "AVX2")];

    /// <summary>Whether this process has them.</summary>
    public static bool AreHere => !Avx512F.IsSupported || Settings.All(s => Environment.GetEnvironmentVariable(s.Name) == s.Value);

    /// <summary>Runs a test of this project in a process that has them; fails, with all that it printed, unless it passes there.</summary>
    public static void RunThere(Type type, string method)
    {
        var program = Path.Combine(AppContext.BaseDirectory, typeof(Avx2Kernels).Assembly.GetName().Name!);
        var start = new ProcessStartInfo(program, ["-noLogo", "-noColor", "-method", $"{type.FullName}.{method}"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Settings) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var printed = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0 && printed.Contains("Failed: 0, Skipped: 0", StringComparison.Ordinal) && !printed.Contains("Total: 0", StringComparison.Ordinal), printed + errors.Result);
    }
}
