using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.Clip;

namespace Ddoq.Neural.Tests.Checkpoints;

public sealed class WeightsTests
{
    [Fact]
    public async Task Write_ModuleThatNobodyElseHolds_IsNotCollectedMeanwhile()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        var collecting = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }, TestContext.Current.CancellationToken);
        for (var i = 0; i < 40; i++) Weights.Write(folder["w.safetensors"], Network(), half: false);
        await stop.CancelAsync();
        await collecting;
        Assert.True(File.Exists(folder["w.safetensors"]));
    }

    private static ClipText Network() => new ClipText(new ClipTextShape(Vocabulary: 40, Hidden: 24, Inner: 48, Depth: 2, Heads: 4, Length: 16, EndToken: 2)).WithTorchDefaults(new SeedSequence(3));
}
