using System.Globalization;
using Ddoq.Foundations;

namespace Ddoq.Cli.CommandLine;

/// <summary>
/// Progress for files and pipes. A stage that takes over a second shows; then one line every two seconds at most, and one with the
/// seconds when it is done. Lines come from a clock, not from the reports, so that a stage that reports rarely is seen too.
/// </summary>
internal sealed class ProgressLines : IProgress<StageProgress>, IDisposable
{
    private static readonly TimeSpan FirstLine = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly TextWriter _writer;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly Dictionary<string, Stage> _stages = [];

    public ProgressLines(TextWriter writer, TimeProvider clock)
    {
        (_writer, _clock) = (writer, clock);
        _timer = clock.CreateTimer(_ => Tick(), null, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(0.5));
    }

    public void Report(StageProgress value)
    {
        lock (_stages)
        {
            var stage = Find(value);
            stage.Latest = value;
            if (value.Total > 0 && value.Done >= value.Total) Finish(stage);
        }
    }

    /// <summary>Writes the lines that are due.</summary>
    public void Tick()
    {
        lock (_stages)
        {
            foreach (var stage in _stages.Values.Where(IsDue))
            {
                _writer.WriteLine(Running(stage.Latest));
                (stage.Shown, stage.Written) = (_clock.GetTimestamp(), stage.Latest);
            }
        }
    }

    /// <summary>Ends the stages whose total is not known. Those that were cut short get no line: the error says why.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_stages)
        {
            foreach (var stage in _stages.Values.Where(stage => !stage.Finished && stage.Latest.Total <= 0)) Finish(stage);
        }
    }

    // A stage that starts again after its end, for the next seed or class, is a new one.
    private Stage Find(StageProgress value)
    {
        if (!_stages.TryGetValue(value.Stage, out var stage) || (stage.Finished && value.Done < value.Total))
            _stages[value.Stage] = stage = new Stage { Started = _clock.GetTimestamp() };
        return stage;
    }

    private bool IsDue(Stage stage)
    {
        if (stage.Finished || _clock.GetElapsedTime(stage.Started) < FirstLine) return false;
        return stage.Shown is not { } shown || (_clock.GetElapsedTime(shown) >= Pause && stage.Latest != stage.Written);
    }

    private void Finish(Stage stage)
    {
        if (stage.Finished) return;
        stage.Finished = true;
        var seconds = _clock.GetElapsedTime(stage.Started).TotalSeconds;
        _writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{stage.Latest.Stage}: {stage.Latest.Done:N0} {stage.Latest.Unit} in {seconds:0.0} s{Note(stage.Latest)}"));
    }

    private static string Running(StageProgress at) => string.Create(CultureInfo.InvariantCulture,
        $"{at.Stage}: {at.Done:N0}{(at.Total > 0 ? $" of {at.Total.ToString("N0", CultureInfo.InvariantCulture)}" : "")} {at.Unit}{Note(at)}");

    private static string Note(StageProgress at) => at.Note.Length > 0 ? $", {at.Note}" : "";

    private sealed class Stage
    {
        public required long Started { get; init; }
        public StageProgress Latest { get; set; }
        public StageProgress Written { get; set; }
        public long? Shown { get; set; }
        public bool Finished { get; set; }
    }
}
