using System.Reflection;

namespace Ddoq.Cli.CommandLine;

/// <summary>The program's version, as artifacts record it.</summary>
internal static class ToolVersion
{
    public static string Current { get; } = typeof(ToolVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
