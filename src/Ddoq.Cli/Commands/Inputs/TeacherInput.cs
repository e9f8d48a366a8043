using System.CommandLine;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Models;
using Ddoq.Neural.Labelling;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary><c>--teacher</c> and <c>--teacher-epoch</c>.</summary>
internal sealed class TeacherInput
{
    private readonly Option<string> _teacher = OptionOf.Text("--teacher", "T", "who gives soft labels: a bundled name, or the folder of a teacher", BundledModels.Default);
    private readonly Option<int> _epoch = OptionOf.Whole("--teacher-epoch", "N", "the teacher as it was after N epochs, where its folder keeps that one (0: the last)", 0, 1_000_000, 0);

    public void AddTo(Command verb)
    {
        verb.Add(_teacher);
        verb.Add(_epoch);
    }

    /// <summary>Loads it; libtorch must have been started.</summary>
    public Teacher Resolve(CommandContext context) => TeacherChoice.Resolve(context.Value(_teacher)!, context.Value(_epoch));
}
