using System.Diagnostics;

namespace Ddoq.Cli.Tests.CommandLine;

/// <summary>The built program, killed (SIGKILL) in the middle of its work.</summary>
internal static class KilledProgram
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Runs a command until <paramref name="moment"/> has come and kills it. False where it had ended before.</summary>
    public static bool Run(Func<bool> moment, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [BuiltProgram.Assembly, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var clock = Stopwatch.StartNew();
        while (!process.HasExited && !moment() && clock.Elapsed < Limit) Thread.Sleep(1);
        if (process.HasExited) return false;
        process.Kill();
        process.WaitForExit();
        return true;
    }
}
