using Ddoq.Foundations;
using Ddoq.Neural.Labelling;

namespace Ddoq.Cli.Models;

/// <summary>What <c>--teacher</c> means.</summary>
internal static class TeacherChoice
{
    /// <summary>Loads a bundled teacher, the folder of one, or the teacher/ inside a folder; libtorch must have been started.</summary>
    /// <exception cref="UsageException">Nothing of that name.</exception>
    /// <exception cref="BadInputException">The model is damaged or of another kind.</exception>
    public static Teacher Resolve(string spec, BundledModels? bundled = null)
    {
        bundled ??= BundledModels.BesideTheProgram;
        if (bundled.Has(spec)) return Teacher.Load(bundled.Folder(spec, "teacher"));
        if (!Directory.Exists(spec))
            throw new UsageException($"--teacher '{spec}' is unknown. Accepted: {string.Join("; ", [.. bundled.Names, "the folder that 'ddoq fit teacher' wrote", "a folder with teacher/ inside"])}.");
        var own = Path.Combine(spec, "teacher");
        return Teacher.Load(ModelKind.Of(own) is null ? spec : own);
    }
}
