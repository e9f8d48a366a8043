using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>Batch norm over the images and pixels of each channel, momentum 0.1, eps 1e-5, under PyTorch's names. TorchSharp's own counts its batches by a number that nothing holds (decision 0005).</summary>
internal sealed class BatchNorm : nn.Module<Tensor, Tensor>
{
    private const double Momentum = 0.1, Eps = 1e-5;
    private const long VectorWidth = 8; // of float32 in AVX2

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
        // The library's kernel for N x C x H x W steps through each map, slow where a map is smaller than a vector; the one for channels last runs along the channels.
        return input.dim() == 4 && input.shape[2] * input.shape[3] is > 1 and < VectorWidth && input.device_type == DeviceType.CPU
            ? FewPixels.ByRows(input, rows => Normalize(rows.view(1, rows.shape[0], 1, rows.shape[1]).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).flatten(0, 2))
            : Normalize(input);
    }

    private Tensor Normalize(Tensor x) => nn.functional.batch_norm(x, running_mean, running_var, weight, bias, training, Momentum, Eps);
}
