using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>Counts images from several threads and reports about a hundred times.</summary>
internal sealed class ProgressCounter(string stage, int total, IProgress<StageProgress>? progress)
{
    private readonly int _step = Math.Max(1, total / 100);
    private int _done;

    public void Add()
    {
        var done = Interlocked.Increment(ref _done);
        if (done % _step == 0) progress?.Report(new StageProgress(stage, done, total, "images"));
    }

    public void Finish(string note) => progress?.Report(new StageProgress(stage, total, total, "images", note));
}
