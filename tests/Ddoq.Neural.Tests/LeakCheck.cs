using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests;

/// <summary>Counts the tensors that a network leaves alive.</summary>
internal static class LeakCheck
{
    /// <summary>The output of a call, which must be all that it leaves.</summary>
    public static Tensor Call(Func<Tensor> network)
    {
        network().Dispose(); // checks of new shapes and grown caches come the first time
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var output = network();
        Assert.Equal(before + 1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        return output;
    }
}
