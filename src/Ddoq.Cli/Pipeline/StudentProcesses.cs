using System.Diagnostics;
using System.Globalization;
using Ddoq.Cli.CommandLine;
using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Evaluation;

namespace Ddoq.Cli.Pipeline;

/// <summary>The images that students are scored on.</summary>
/// <param name="Data">Name of a data set, as on the command line.</param>
/// <param name="Validation">Images of each class that are held out of it and scored; 0 scores all of it.</param>
internal sealed record ScoredImages(string Data, int Validation = 0)
{
    /// <summary>The images.</summary>
    public IImageDataset Open(IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        var all = DatasetResolver.Open(Data, new DatasetOptions(), progress, cancel);
        return Validation == 0 ? all : HeldOutImages.Split(all, Validation).Validation;
    }
}

/// <summary>
/// Trains students side by side, each worker a process with one thread: scores have the same bits for any number of
/// workers, and two students never share a garbage collector (decision 0005).
/// </summary>
internal sealed class StudentProcesses(ScoredImages test, SeedSequence seeds, int workers, IProgress<StageProgress> progress, CancellationToken cancel)
{
    // Workers that ended by themselves were hit by TorchSharp's early release of numbers (decision 0005), twice in about a hundred and twenty students when it was counted; the student has the same bits when trained again.
    private const int Attempts = 3;

    private readonly Lock _gate = new();
    private long _epochs;

    /// <summary>Trains all tasks, started in order. <paramref name="finished"/> is called one at a time.</summary>
    public void Run(IReadOnlyList<StudentTask> tasks, Action<int, StudentScore> finished)
    {
        if (tasks.Count == 0) return;
        var (next, total) = (-1, tasks.Sum(t => (long)t.Protocol.Epochs));
        _epochs = 0;
        var failures = new List<Exception>();
        void Work()
        {
            var worker = new Lazy<Worker>(() => new Worker(test, seeds, cancel));
            try
            {
                while (!cancel.IsCancellationRequested && failures.Count == 0 && Interlocked.Increment(ref next) is var index && index < tasks.Count)
                {
                    var score = Train(ref worker, tasks[index], reply => Report(index, tasks.Count, reply, total));
                    lock (_gate) finished(index, score);
                }
            }
            catch (Exception e)
            {
                lock (_gate) failures.Add(e);
            }
            finally
            {
                if (worker.IsValueCreated) worker.Value.Dispose();
            }
        }
        var threads = Enumerable.Range(0, Math.Min(workers, tasks.Count)).Select(_ => new Thread(Work)).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        cancel.ThrowIfCancellationRequested();
        if (failures.Count > 0) throw failures[0] is DdoqException known ? known : new WorkFailedException($"a student could not be trained: {failures[0].Message}", failures[0]);
    }

    // In a new process where the one before ended without a reason of ours.
    private StudentScore Train(ref Lazy<Worker> worker, StudentTask task, Action<StudentReply> report)
    {
        for (var attempt = 1; ; attempt++)
            try
            {
                return worker.Value.Train(task, report);
            }
            catch (WorkFailedException) when (attempt < Attempts && !cancel.IsCancellationRequested && worker.IsValueCreated && worker.Value.EndedByItself)
            {
                worker.Value.Dispose();
                worker = new Lazy<Worker>(() => new Worker(test, seeds, cancel));
            }
    }

    private void Report(int index, int count, StudentReply reply, long total) => progress.Report(new StageProgress("train", Interlocked.Increment(ref _epochs), total, "epochs",
        string.Create(CultureInfo.InvariantCulture, $"student {index + 1}/{count} epoch {reply.Epoch} loss {reply.Loss:0.000}")));

    private sealed class Worker : IDisposable
    {
        private readonly Process _process;
        private readonly CancellationTokenRegistration _stop;
        private readonly Task<string> _complaints;

        public Worker(ScoredImages test, SeedSequence seeds, CancellationToken cancel)
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            // Under 'dotnet ddoq.dll' the process is dotnet and the program its first argument.
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(Worker).Assembly.Location);
            // Fewer collections, and none beside the training: fewer chances for the fault of decision 0005.
            (start.Environment["DOTNET_gcConcurrent"], start.Environment["DOTNET_GCgen0size"]) = ("0", "0x8000000");
            foreach (var argument in (string[])["student-worker", test.Data, "--validation", test.Validation.ToString(CultureInfo.InvariantCulture), "--seed", seeds.Root.ToString(CultureInfo.InvariantCulture), "--quiet"]) start.ArgumentList.Add(argument);
            _process = Process.Start(start) ?? throw new WorkFailedException("a worker process could not be started.");
            _complaints = _process.StandardError.ReadToEndAsync(CancellationToken.None);
            _stop = cancel.Register(Kill);
        }

        /// <summary>Whether the process is gone without having said what was wrong with its task.</summary>
        public bool EndedByItself { get; private set; }

        public StudentScore Train(StudentTask task, Action<StudentReply> progress)
        {
            try
            {
                _process.StandardInput.WriteLine(task.ToLine());
                _process.StandardInput.Flush();
                while (_process.StandardOutput.ReadLine() is { } line)
                {
                    var reply = StudentReply.Parse(line);
                    if (reply.Score is { } score) return score;
                    progress(reply);
                }
            }
            catch (IOException)
            {
                // The pipe broke because the worker ended; it says why below.
            }
            throw Failure();
        }

        public void Dispose()
        {
            _stop.Dispose();
            if (!_process.HasExited)
            {
                _process.StandardInput.Close();
                _process.WaitForExit(2000);
            }
            Kill();
            _process.Dispose();
        }

        private DdoqException Failure()
        {
            _process.WaitForExit();
            var said = _complaints.Result.Trim();
            var message = said.StartsWith("ddoq: ", StringComparison.Ordinal) ? said["ddoq: ".Length..] : said;
            EndedByItself = message.Length == 0 || message.StartsWith("internal error", StringComparison.Ordinal);
            return _process.ExitCode == ExitCode.BadInput
                ? new BadInputException(message)
                : new WorkFailedException(message.Length > 0 ? message : $"a worker process ended with exit code {_process.ExitCode}, which often means that memory ran out. Run again: finished students are kept.");
        }

        private void Kill()
        {
            try
            {
                if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            }
            catch (InvalidOperationException)
            {
                // It ended by itself in between.
            }
        }
    }
}
