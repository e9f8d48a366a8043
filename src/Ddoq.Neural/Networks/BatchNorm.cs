using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>Batch norm over the images and pixels of each channel, momentum 0.1, eps 1e-5, under PyTorch's names. TorchSharp's own counts its batches by a number that nothing holds (decision 0005).</summary>
internal sealed class BatchNorm : nn.Module<Tensor, Tensor>
{
    private const double Momentum = 0.1, Eps = 1e-5;

#pragma warning disable IDE1006 // field names are checkpoint keys
    private readonly Parameter weight, bias;
    private readonly Tensor running_mean, running_var, num_batches_tracked;
#pragma warning restore IDE1006

    public BatchNorm(long channels) : base(nameof(BatchNorm))
    {
        (weight, bias) = (new Parameter(ones(channels)), new Parameter(zeros(channels)));
        (running_mean, running_var, num_batches_tracked) = (zeros(channels), ones(channels), tensor(0L));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        if (training) num_batches_tracked.PlusInPlace(1);
        return nn.functional.batch_norm(input, running_mean, running_var, weight, bias, training, Momentum, Eps);
    }
}
