using System.Diagnostics;

namespace Ddoq.Cli.Tests.CommandLine;

/// <summary>The built program as a process of its own.</summary>
internal static class BuiltProgram
{
    public static string Assembly { get; } = Path.Combine(AppContext.BaseDirectory, "Ddoq.Cli.dll");

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public static Shell Run(params string[] arguments) => Start("dotnet", [Assembly, .. arguments]);

    /// <summary>Runs a line of bash in which "$@" is the program.</summary>
    public static Shell Bash(string script) => Start("bash", ["-c", script, "bash", "dotnet", Assembly]);

    private static Shell Start(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"'{program}' still ran after {Limit}.");
        }
        return new Shell(process.ExitCode, output.Result, error.Result);
    }
}
