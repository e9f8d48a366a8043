using Ddoq.Datasets;
using Ddoq.Neural.Networks.StableDiffusion;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>Normalization in the blocks of a <see cref="ConvNet"/>.</summary>
public enum ConvNetNorm
{
    /// <summary>Each channel of each image by itself; the DC protocol's.</summary>
    Instance,

    /// <summary>Each channel over the batch, with running statistics for evaluation.</summary>
    Batch,

    /// <summary>All channels and pixels of an image.</summary>
    Layer,

    /// <summary>Four groups of channels.</summary>
    Group,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>Activation in the blocks of a <see cref="ConvNet"/>.</summary>
public enum ConvNetActivation
{
    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>x where positive, else x/100.</summary>
    LeakyRelu,

    /// <summary>1/(1 + exp(-x)).</summary>
    Sigmoid,
}

/// <summary>Pooling in the blocks of a <see cref="ConvNet"/>.</summary>
public enum ConvNetPooling
{
    /// <summary>Mean of 2x2.</summary>
    Average,

    /// <summary>Largest of 2x2.</summary>
    Max,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>Shape of a <see cref="ConvNet"/>.</summary>
/// <param name="Input">Image shape.</param>
/// <param name="Classes">L.</param>
/// <param name="Width">Filters per layer; 128 in the DC protocol.</param>
/// <param name="Depth">Layers; 3 in the DC protocol.</param>
/// <param name="Norm">Normalization.</param>
/// <param name="Activation">Activation.</param>
/// <param name="Pooling">Pooling.</param>
public sealed record ConvNetShape(ImageShape Input, int Classes, int Width = 128, int Depth = 3,
    ConvNetNorm Norm = ConvNetNorm.Instance, ConvNetActivation Activation = ConvNetActivation.Relu, ConvNetPooling Pooling = ConvNetPooling.Average)
{
    /// <summary>Zeros around the input of a layer, 0-based: 28x28 images become 32x32 in the first.</summary>
    internal int Padding(int layer) => layer == 0 && Input is { Height: 28, Width: 28 } ? 3 : 1;

    /// <summary>Name as in tables: "ConvNet-3 w128".</summary>
    public override string ToString() => $"ConvNet-{Depth} w{Width}";
}

/// <summary>
/// ConvNet of the data set condensation protocol (Zhao et al. 2021): blocks of 3x3 convolution, norm, activation and
/// 2x2 pooling, then one linear layer. Parameter names are those of the reference. 28x28 images are padded to 32x32 by the first layer.
/// </summary>
public sealed class ConvNet : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006
    private readonly Sequential features;
    private readonly Linear classifier;
#pragma warning restore IDE1006

    /// <summary>Builds the network with zero weights; see <see cref="Initialization.WithTorchDefaults{TModule}"/>.</summary>
    public ConvNet(ConvNetShape shape) : base(nameof(ConvNet))
    {
        Shape = shape;
        var (blocks, side) = Blocks(shape);
        features = nn.Sequential(blocks);
        FeatureCount = shape.Width * side.Height * side.Width;
        classifier = nn.Linear(FeatureCount, shape.Classes);
        RegisterComponents();
    }

    /// <summary>Shape of the network.</summary>
    public ConvNetShape Shape { get; }

    /// <summary>Numbers that <see cref="Embed"/> gives per image.</summary>
    public long FeatureCount { get; }

    /// <summary>Images N x C x H x W to logits N x L.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Classify(Embed(input)).MoveToOuterDisposeScope();
    }

    /// <summary>Images N x C x H x W to the features before the last layer, N x (Width H' W').</summary>
    public Tensor Embed(Tensor input)
    {
        using var scope = NewDisposeScope();
        return features.call(input).flatten(1).MoveToOuterDisposeScope();
    }

    /// <summary>Features of <see cref="Embed"/> to logits N x L.</summary>
    public Tensor Classify(Tensor embedded) => classifier.call(embedded);

    private static ((string, nn.Module<Tensor, Tensor>)[], (int Height, int Width)) Blocks(ConvNetShape shape)
    {
        var blocks = new List<(string, nn.Module<Tensor, Tensor>)>();
        var (channels, height, width) = (shape.Input.Channels, shape.Input.Height, shape.Input.Width);
        for (var layer = 0; layer < shape.Depth; layer++)
        {
            var padding = shape.Padding(layer);
            void Add(nn.Module<Tensor, Tensor>? module)
            {
                if (module is not null) blocks.Add((blocks.Count.ToString(), module));
            }
            Add(new Convolution(channels, shape.Width, 3, new ConvolutionGeometry(1, padding)));
            (channels, height, width) = (shape.Width, height + 2 * padding - 2, width + 2 * padding - 2);
            Add(Norm(shape, height, width));
            Add(shape.Activation switch { ConvNetActivation.Relu => nn.ReLU(), ConvNetActivation.LeakyRelu => new LeakyRelu(), _ => nn.Sigmoid() });
            if (shape.Pooling == ConvNetPooling.None) continue;
            Add(shape.Pooling == ConvNetPooling.Average ? new HalvingPool() : nn.MaxPool2d(2, 2));
            (height, width) = (height / 2, width / 2);
        }
        return ([.. blocks], (height, width));
    }

    private static nn.Module<Tensor, Tensor>? Norm(ConvNetShape shape, int height, int width) => shape.Norm switch
    {
        ConvNetNorm.Instance => new InstanceNorm(shape.Width),
        ConvNetNorm.Batch => new BatchNorm(shape.Width),
        ConvNetNorm.Layer => nn.LayerNorm([shape.Width, height, width]),
        ConvNetNorm.Group => new ChannelNorm(4, shape.Width, 1e-5),
        _ => null,
    };
}

/// <summary>Instance norm as the protocol has it: group norm with one group per channel, affine, eps 1e-5. TorchSharp's own leaves its parameters uninitialised.</summary>
public sealed class InstanceNorm : nn.Module<Tensor, Tensor>
{
    private readonly long _channels;
#pragma warning disable IDE1006
    private readonly Parameter weight;
    private readonly Parameter bias;
#pragma warning restore IDE1006

    /// <summary>Weight 1, bias 0.</summary>
    public InstanceNorm(long channels) : base(nameof(InstanceNorm))
    {
        _channels = channels;
        weight = new Parameter(ones(channels));
        bias = new Parameter(zeros(channels));
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input) => nn.functional.group_norm(input, _channels, weight, bias, 1e-5);
}

/// <summary>x where positive, else x/100. TorchSharp's own makes a Scalar in each call.</summary>
public sealed class LeakyRelu : nn.Module<Tensor, Tensor>
{
    private const double Slope = 0.01;

    /// <summary>Creates the layer; it has no parameters.</summary>
    public LeakyRelu() : base(nameof(LeakyRelu)) { }

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return input.maximum(input.Times(Slope)).MoveToOuterDisposeScope();
    }
}
