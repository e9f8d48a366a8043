using System.Text;
using Ddoq.Foundations;

namespace Ddoq.Cli.Reporting;

/// <summary>Writes a report's text, whole or not at all, replacing an older one.</summary>
internal static class ReportFile
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <exception cref="WorkFailedException">The disk refuses; an older file stays.</exception>
    public static void Write(string path, string text)
    {
        try
        {
            using var staged = StagedOutput.File(path, replace: true);
            File.WriteAllText(staged.Path, text, Utf8);
            staged.Commit();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WorkFailedException($"the report '{path}' could not be written: {e.Message} Free space or choose another place.", e);
        }
    }
}
