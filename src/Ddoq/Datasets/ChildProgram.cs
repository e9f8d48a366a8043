using System.ComponentModel;
using System.Diagnostics;
using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>Runs a program of the system to its end, quietly; a failure carries the last line that it wrote to stderr.</summary>
internal static class ChildProgram
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    public static bool Exists(string program)
    {
        if (program.Contains(Path.DirectorySeparatorChar)) return File.Exists(program);
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return folders.Any(folder => File.Exists(Path.Combine(folder, program)));
    }

    public static void Run(string program, IReadOnlyList<string> arguments, string folder, CancellationToken cancellation, Action? whileRunning = null)
    {
        using var process = Start(program, arguments, folder);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
        Wait(process, cancellation, whileRunning);
        Task.WaitAll([output, errors], cancellation);
        if (process.ExitCode == 0) return;
        var last = errors.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "no message";
        throw new WorkFailedException($"{Path.GetFileName(program)} ended with exit code {process.ExitCode}: {last}");
    }

    private static Process Start(string program, IReadOnlyList<string> arguments, string folder)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new WorkFailedException($"{program} cannot be started: {e.Message}", e);
        }
    }

    private static void Wait(Process process, CancellationToken cancellation, Action? whileRunning)
    {
        try
        {
            while (!process.WaitForExit(Tick))
            {
                cancellation.ThrowIfCancellationRequested();
                whileRunning?.Invoke();
            }
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
