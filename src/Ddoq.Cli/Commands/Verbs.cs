using System.CommandLine;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Fitting;

namespace Ddoq.Cli.Commands;

/// <summary>The verbs, in the order in which the overview shows them.</summary>
internal static class Verbs
{
    public static IEnumerable<Command> All() =>
    [
        new QuickstartCommand(), new DistillCommand(),
        new EncodeCommand(), new PlanCommand(), new QuantizeCommand(), new SynthesizeCommand(), new LabelCommand(), new TrainCommand(), new CompareCommand(),
        new VerbGroup("fit", "train the small models on your own data", new FitVaeCommand(), new FitPriorCommand(), new FitTeacherCommand()),
        new ReportCommand(), new InspectCommand(), new VerifyCommand(), new TheoryCommand(), new StudentWorkerCommand(),
    ];
}
