using Ddoq.Foundations;
using Ddoq.Neural.Labelling;
using Ddoq.Neural.Training;

namespace Ddoq.Cli.Models;

/// <summary>What <c>--teacher</c> means.</summary>
internal static class TeacherChoice
{
    /// <summary>Loads a bundled teacher, the folder of one, or the teacher/ inside a folder; libtorch must have been started.</summary>
    /// <param name="spec">A bundle or a folder.</param>
    /// <param name="epoch">The teacher as it was after so many epochs; 0 for the last.</param>
    /// <param name="bundled">Bundles; null for those beside the program.</param>
    /// <exception cref="UsageException">Nothing of that name, or that epoch was not kept.</exception>
    /// <exception cref="BadInputException">The model is damaged or of another kind.</exception>
    public static Teacher Resolve(string spec, int epoch = 0, BundledModels? bundled = null) => Teacher.Load(FolderOf(spec, epoch, bundled));

    /// <summary>The folder of the teacher that <see cref="Resolve"/> loads.</summary>
    /// <exception cref="UsageException">Nothing of that name, or that epoch was not kept.</exception>
    public static string FolderOf(string spec, int epoch = 0, BundledModels? bundled = null)
    {
        var folder = LastOf(spec, bundled ?? BundledModels.BesideTheProgram);
        if (epoch == 0) return folder;
        var stages = Path.Combine(folder, TeacherTrainer.Stages);
        var stage = Path.Combine(stages, $"{epoch}");
        if (Directory.Exists(stage)) return stage;
        var kept = Directory.Exists(stages) ? string.Join(", ", Directory.EnumerateDirectories(stages).Select(Path.GetFileName).Order(StringComparer.Ordinal)) : "none";
        throw new UsageException($"--teacher-epoch {epoch}: '{folder}' keeps no teacher of that epoch (kept: {kept}). Train one with 'ddoq fit teacher --keep-epochs {epoch}'.");
    }

    private static string LastOf(string spec, BundledModels bundled)
    {
        if (bundled.Has(spec)) return bundled.Folder(spec, "teacher");
        if (!Directory.Exists(spec))
            throw new UsageException($"--teacher '{spec}' is unknown. Accepted: {string.Join("; ", [.. bundled.Names, "the folder that 'ddoq fit teacher' wrote", "a folder with teacher/ inside"])}.");
        var own = Path.Combine(spec, "teacher");
        return ModelKind.Of(own) is null ? spec : own;
    }
}
