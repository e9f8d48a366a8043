using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.Passes;

/// <summary>
/// Forward and backward pass of a <see cref="ConvNet"/> without a graph, on one thread, channels innermost, in buffers that are kept from step to step: Winograd's convolution, and norm, ReLU and pooling as one.
/// It gives what the module gives, up to rounding, and faster (decision 0016). Gradients are those of parameters alone, and of first order.
/// </summary>
public sealed class ConvNetPass : IDisposable
{
    private const int ImagesAtOnce = 64; // in evaluation: activations that stay in the cache

    private readonly ConvNet _network;
    private readonly ConvNetPassLayer[] _layers;
    private readonly NormalizedConvolution[] _steps;
    private readonly int _classes;
    private readonly Parameter _weight, _bias; // of the classifier
    private Tensor? _features;

    /// <summary>Prepares passes of <paramref name="network"/>, whose parameters are read anew in each.</summary>
    /// <exception cref="ArgumentException">Its shape is none that <see cref="Takes"/>.</exception>
    public ConvNetPass(ConvNet network)
    {
        if (!Takes(network.Shape)) throw new ArgumentException($"{network.Shape} on images of {network.Shape.Input} has no pass of its own: call the module.", nameof(network));
        _network = network;
        _classes = network.Shape.Classes;
        (_weight, _bias) = (network.get_parameter("classifier.weight")!, network.get_parameter("classifier.bias")!);
        _layers = Layers(network.Shape);
        _steps = [.. _layers.Select((layer, i) => new NormalizedConvolution(layer, network, i))];
    }

    /// <summary>Whether there is a pass for the shape: instance or batch norm, ReLU and mean pooling, as the protocols have them; a multiple of 8 filters; sides of a multiple of 4 in every layer.</summary>
    public static bool Takes(ConvNetShape shape) =>
        shape is { Norm: ConvNetNorm.Instance or ConvNetNorm.Batch, Activation: ConvNetActivation.Relu, Pooling: ConvNetPooling.Average } && shape.Width % Winograd.Lanes == 0
        && Array.TrueForAll(Layers(shape), l => l.Height >= Winograd.Tile && l.Width >= Winograd.Tile && l.Height % Winograd.Tile == 0 && l.Width % Winograd.Tile == 0);

    /// <summary>Logits as the network gives them in evaluation.</summary>
    /// <param name="images">N x C x H x W.</param>
    /// <returns>N x L.</returns>
    public Tensor Evaluate(Tensor images)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        foreach (var step in _steps) step.ReadParameters();
        var parts = new List<Tensor>();
        for (long first = 0; first < images.shape[0]; first += ImagesAtOnce)
            parts.Add(Forward(images.narrow(0, first, Math.Min(ImagesAtOnce, images.shape[0] - first)), training: false));
        return (parts.Count == 1 ? parts[0] : cat(parts)).MoveToOuterDisposeScope();
    }

    /// <summary>Logits as the network gives them in training: batch norm takes the batch's statistics and moves the running ones. What <see cref="Backward"/> needs is kept.</summary>
    /// <inheritdoc cref="Evaluate"/>
    public Tensor Train(Tensor images)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        foreach (var step in _steps) step.ReadParameters();
        return Forward(images, training: true).MoveToOuterDisposeScope();
    }

    /// <summary>Adds the gradients of all parameters, from the gradient of the logits of the last <see cref="Train"/>.</summary>
    /// <param name="slopes">N x L.</param>
    public void Backward(Tensor slopes)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var last = _layers[^1];
        TensorMemory.AddGradient(_bias, slopes.sum([0L]));
        TensorMemory.AddGradient(_weight, slopes.t().mm(_features!).view(_classes, last.Height / 2, last.Width / 2, last.Outputs).permute(0, 3, 1, 2).reshape(_classes, -1));
        var above = PooledMaps.Of(slopes.mm(WeightByPixels()), last);
        for (var i = _steps.Length - 1; i >= 0; i--) above = _steps[i].Backward(above);
    }

    /// <summary>Frees the buffers.</summary>
    public void Dispose()
    {
        foreach (var step in _steps) step.Dispose();
        _features?.Dispose();
    }

    private Tensor Forward(Tensor images, bool training)
    {
        var count = (int)images.shape[0];
        _steps[0].Load(images);
        for (var i = 0; i < _steps.Length; i++)
        {
            if (i + 1 < _steps.Length) _steps[i].Forward(count, training, _steps[i + 1].Inside(count));
            else
            {
                _features?.Dispose();
                _features = empty(count, _network.FeatureCount).DetachFromDisposeScope();
                _steps[i].Forward(count, training, PooledMaps.Of(_features, _layers[i]));
            }
        }
        return _features!.mm(WeightByPixels().t()).Plus(_bias);
    }

    // The classifier's features are stored channel by channel, ours pixel by pixel.
    private Tensor WeightByPixels()
    {
        var last = _layers[^1];
        return _weight.view(_classes, last.Outputs, last.Height / 2, last.Width / 2).permute(0, 2, 3, 1).reshape(_classes, -1);
    }

    private static ConvNetPassLayer[] Layers(ConvNetShape shape)
    {
        var layers = new ConvNetPassLayer[shape.Depth];
        var (channels, height, width) = (shape.Input.Channels, shape.Input.Height, shape.Input.Width);
        for (var i = 0; i < layers.Length; i++)
        {
            var frame = shape.Padding(i);
            (height, width) = (height + 2 * frame - 2, width + 2 * frame - 2);
            layers[i] = new ConvNetPassLayer(channels, shape.Width, height, width, frame, shape.Norm == ConvNetNorm.Batch, i == 0);
            (channels, height, width) = (shape.Width, height / 2, width / 2);
        }
        return layers;
    }
}

/// <summary>A block of the network.</summary>
/// <param name="Inputs">C.</param>
/// <param name="Outputs">O.</param>
/// <param name="Height">H of the convolution's output.</param>
/// <param name="Width">W of the convolution's output.</param>
/// <param name="Frame">Zeros around its input.</param>
/// <param name="Batch">Whether its norm is over the batch.</param>
/// <param name="First">Whether its input is the image.</param>
internal sealed record ConvNetPassLayer(int Inputs, int Outputs, int Height, int Width, int Frame, bool Batch, bool First)
{
    public int Pixels => Height * Width;
    public int Tiles => Pixels / (Winograd.Tile * Winograd.Tile);
    public int FramedWidth => Width + 2;
    public long FramedSize => (long)(Height + 2) * FramedWidth * Inputs;
}

/// <summary>Where a block's pooled output, or its gradient, lies: images of H/2 rows of W/2 x O.</summary>
/// <param name="First">First number.</param>
/// <param name="Image">Numbers from an image to the next.</param>
/// <param name="Line">Numbers from a row to the next.</param>
internal readonly unsafe record struct PooledMaps(nint First, long Image, int Line)
{
    public float* At(int image) => (float*)First + image * Image;

    public static PooledMaps Of(Tensor features, ConvNetPassLayer layer) =>
        new((nint)TensorMemory.Pointer(features), (long)(layer.Height / 2) * (layer.Width / 2) * layer.Outputs, layer.Width / 2 * layer.Outputs);
}
