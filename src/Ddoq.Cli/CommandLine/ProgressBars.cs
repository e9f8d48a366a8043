using System.Globalization;
using Ddoq.Foundations;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ddoq.Cli.CommandLine;

/// <summary>Progress for a terminal: one bar per stage, drawn on stderr while the work runs.</summary>
internal sealed class ProgressBars(IAnsiConsole console) : IProgress<StageProgress>, IDisposable
{
    private readonly TaskCompletionSource _finished = new();
    private readonly Dictionary<string, ProgressTask> _bars = [];
    private ProgressContext? _context;
    private Task? _drawing;

    public void Report(StageProgress value)
    {
        lock (_bars)
        {
            _drawing ??= Start();
            Update(Find(value), value);
        }
    }

    public void Dispose()
    {
        _finished.TrySetResult();
        _drawing?.GetAwaiter().GetResult();
    }

    // Runs until Dispose; the context is set when StartAsync returns its task.
    private Task Start() => console.Progress().AutoClear(false)
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 24 }, new PercentageColumn(), new CountColumn(), new ElapsedTimeColumn())
        .StartAsync(context =>
        {
            _context = context;
            return _finished.Task;
        });

    private ProgressTask Find(StageProgress value)
    {
        if (!_bars.TryGetValue(value.Stage, out var bar) || (bar.IsFinished && value.Done < value.Total))
            _bars[value.Stage] = bar = _context!.AddTask(Markup.Escape(value.Stage), maxValue: Math.Max(1, value.Total));
        return bar;
    }

    private static void Update(ProgressTask bar, StageProgress value)
    {
        bar.State.Update<StageProgress>(CountColumn.Key, _ => value);
        bar.IsIndeterminate = value.Total <= 0;
        bar.MaxValue = Math.Max(1, value.Total);
        bar.Value = value.Total > 0 ? value.Done : 0;
        if (value.Total > 0 && value.Done >= value.Total) bar.StopTask();
    }

    /// <summary>"12,000/60,000 images  loss 0.31".</summary>
    private sealed class CountColumn : ProgressColumn
    {
        public const string Key = "progress";

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            var at = task.State.Get<StageProgress>(Key);
            var total = at.Total > 0 ? string.Create(CultureInfo.InvariantCulture, $"/{at.Total:N0}") : "";
            return new Text(string.Create(CultureInfo.InvariantCulture, $"{at.Done:N0}{total} {at.Unit}  {at.Note}").TrimEnd());
        }
    }
}
