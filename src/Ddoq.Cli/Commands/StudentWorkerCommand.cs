using System.CommandLine;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Pipeline;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Neural.Evaluation;
using Ddoq.Neural.Labelling;
using Ddoq.Neural.Runtime;

namespace Ddoq.Cli.Commands;

/// <summary>
/// <c>ddoq student-worker TEST</c>, hidden: trains the students whose tasks come in on stdin, one at a time on one thread, and
/// answers on stdout. <see cref="StudentProcesses"/> starts it (decision 0005).
/// </summary>
internal sealed class StudentWorkerCommand : Verb
{
    private readonly Argument<string> _test = new("TEST") { Description = "real images that students are scored on" };
    private readonly Option<int> _validation = OptionOf.Whole("--validation", "N", "score on N held-out images of each class of them alone", 0, 1_000_000, 0);

    public StudentWorkerCommand() : base("student-worker", "train the students that are asked for on stdin", "student-worker fashion-mnist:test", "student-worker fashion-mnist:test --seed 1")
    {
        Hidden = true;
        Add(_test);
        Add(_validation);
    }

    // The last one asked for: tasks of one teacher come in a row.
    private (string Folder, Teacher Teacher)? _teacher;

    public override Outcome Run(CommandContext context)
    {
        Libtorch.Start(new LibtorchOptions { Threads = 1 });
        var test = new ScoredImages(context.Value(_test), context.Value(_validation)).Open(context.Progress, context.Cancellation);
        using var answers = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        var trained = 0;
        while (Console.In.ReadLine() is { } line)
        {
            var task = StudentTask.Parse(line);
            var score = StudentTraining.TrainOne(DistilledSet.Load(task.Set), test, task.Protocol, task.Student, context.Seed,
                (epoch, loss) => answers.WriteLine(new StudentReply(epoch, loss, null).ToLine()), TeacherOf(task), context.Cancellation);
            answers.WriteLine(new StudentReply(task.Protocol.Epochs, 0, score).ToLine());
            trained++;
        }
        return Outcome.OfFacts(new JsonObject { ["students"] = trained }, ("students", $"{trained}"));
    }

    private Teacher? TeacherOf(StudentTask task)
    {
        if (task.Teacher is not { } folder) return null;
        if (_teacher?.Folder != folder) _teacher = (folder, Teacher.Load(folder));
        return _teacher.Value.Teacher;
    }
}
