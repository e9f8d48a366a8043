using Ddoq.Neural.Runtime;
using TorchSharp;

namespace Ddoq.Neural.Tests.Runtime;

public sealed class WorkersTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_EveryPiece_RunsOnceWithOneInnerThread(int workers)
    {
        var (runs, inner) = (new int[20], new int[20]);
        Workers.Run(20, workers, i =>
        {
            Interlocked.Increment(ref runs[i]);
            inner[i] = torch.get_num_threads();
        });
        Assert.All(runs, r => Assert.Equal(1, r));
        Assert.All(inner, n => Assert.Equal(1, n));
        Assert.Equal(2, torch.get_num_threads());
    }

    [Fact]
    public void Run_OneFails_ThrowsItsErrorAndStops()
    {
        var started = 0;
        var failure = Assert.Throws<InvalidOperationException>(() => Workers.Run(1000, 2, i =>
        {
            Interlocked.Increment(ref started);
            if (i == 3) throw new InvalidOperationException("piece 3");
            Thread.Sleep(1);
        }));
        Assert.Equal("piece 3", failure.Message);
        Assert.InRange(started, 4, 999);
        Assert.Equal(2, torch.get_num_threads());
    }

    [Fact]
    public void Run_CancelledOrEmpty_DoesNothing()
    {
        Workers.Run(0, 0, _ => Assert.Fail("no piece"));
        Assert.Throws<OperationCanceledException>(() => Workers.Run(3, 1, _ => Assert.Fail("cancelled"), new CancellationToken(true)));
    }
}
