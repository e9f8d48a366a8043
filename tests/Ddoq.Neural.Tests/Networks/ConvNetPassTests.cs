using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.Passes;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Networks;

/// <summary>The ConvNet's own pass against its module, which the golden data holds to the reference.</summary>
public sealed class ConvNetPassTests
{
    public static TheoryData<int, int, int, int, ConvNetNorm, int> Shapes => new()
    {
        { 1, 28, 16, 3, ConvNetNorm.Instance, 5 },
        { 1, 28, 16, 3, ConvNetNorm.Batch, 5 },
        { 3, 32, 24, 3, ConvNetNorm.Instance, 1 }, // 24: a vector that has no pair
        { 3, 32, 8, 2, ConvNetNorm.Batch, 19 }, // several blocks of patches, the last one smaller
        { 2, 64, 8, 4, ConvNetNorm.Batch, 3 },
        { 3, 16, 40, 1, ConvNetNorm.Instance, 2 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Evaluate_EveryShape_GivesTheModulesLogits(int channels, int side, int width, int depth, ConvNetNorm norm, int images)
    {
        using var scope = NewDisposeScope();
        var (network, x) = Case(channels, side, width, depth, norm, images);
        network.train();
        using (no_grad()) network.call(x); // running statistics that are not those of the start
        network.eval();
        using var pass = new ConvNetPass(network);
        using var quiet = no_grad();
        Agreement.Require(LeakCheck.Call(() => pass.Evaluate(x)), network.call(x), 1e-5, "logits");
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Train_EveryShape_GivesTheModulesLogitsStatisticsAndGradients(int channels, int side, int width, int depth, ConvNetNorm norm, int images)
    {
        using var scope = NewDisposeScope();
        var (network, x) = Case(channels, side, width, depth, norm, images);
        var (other, _) = Case(channels, side, width, depth, norm, images);
        var labels = new Draws("labels").Integers(10, images);
        network.train();
        other.train();
        using var pass = new ConvNetPass(other);
        for (var step = 0; step < 2; step++) // the second adds to the first
        {
            var expected = network.call(x);
            nn.functional.cross_entropy(expected, labels).backward();
            var found = pass.Train(x).requires_grad_(true);
            Agreement.Require(found, expected, 1e-5, "logits");
            nn.functional.cross_entropy(found, labels).backward();
            pass.Backward(found.grad!);
        }
        foreach (var ((name, expected), (_, found)) in network.named_parameters().Zip(other.named_parameters()))
            RequireGradient(found.grad!, expected.grad!, name, norm);
        foreach (var ((name, expected), (_, found)) in network.named_buffers().Zip(other.named_buffers()))
            if (name.Contains("running", StringComparison.Ordinal)) Agreement.Require(found, expected, 1e-5, name);
    }

    [Fact]
    public void Train_Twice_GivesTheSameBits()
    {
        using var scope = NewDisposeScope();
        var (network, x) = Case(1, 28, 16, 3, ConvNetNorm.Batch, 9);
        Tensor Slope()
        {
            using var pass = new ConvNetPass(network);
            foreach (var parameter in network.parameters()) parameter.grad = null;
            var logits = pass.Train(x).requires_grad_(true);
            logits.Squared().sum().backward();
            pass.Backward(logits.grad!);
            return network.get_parameter("features.4.weight")!.grad!.clone();
        }
        Agreement.RequireSameBits(Slope(), Slope());
    }

    [Theory]
    [InlineData(1, 28, 12, ConvNetNorm.Instance, ConvNetActivation.Relu, ConvNetPooling.Average)] // filters
    [InlineData(1, 20, 16, ConvNetNorm.Instance, ConvNetActivation.Relu, ConvNetPooling.Average)] // 20, 10, 5
    [InlineData(1, 28, 16, ConvNetNorm.Group, ConvNetActivation.Relu, ConvNetPooling.Average)]
    [InlineData(1, 28, 16, ConvNetNorm.Instance, ConvNetActivation.Sigmoid, ConvNetPooling.Average)]
    [InlineData(1, 28, 16, ConvNetNorm.Instance, ConvNetActivation.Relu, ConvNetPooling.Max)]
    public void Takes_OtherShapes_DoesNot(int channels, int side, int width, ConvNetNorm norm, ConvNetActivation activation, ConvNetPooling pooling)
    {
        var shape = new ConvNetShape(new ImageShape(channels, side, side), 10, width, 3, norm, activation, pooling);
        Assert.False(ConvNetPass.Takes(shape));
        using var network = new ConvNet(shape);
        Assert.Throws<ArgumentException>(() => new ConvNetPass(network));
    }

    // A unit that lies at zero up to rounding may be active in one of the two: it changes a few numbers, and those by little. A bias before a norm changes nothing: its gradient is rounding.
    private static void RequireGradient(Tensor found, Tensor expected, string name, ConvNetNorm norm)
    {
        if (norm != ConvNetNorm.None && name.StartsWith("features", StringComparison.Ordinal) && name.EndsWith("bias", StringComparison.Ordinal) && int.Parse(name.Split('.')[1], System.Globalization.CultureInfo.InvariantCulture) % 4 == 0)
        {
            foreach (var zero in new[] { found, expected }) Assert.InRange(zero.abs().max().item<float>(), 0, 1e-4f);
            return;
        }
        var largest = expected.abs().max().item<float>();
        Assert.True(largest > 1e-4f, $"{name}: nothing to compare");
        Assert.InRange((found - expected).abs().median().item<float>(), 0, 1e-5f * largest);
        Assert.InRange(((found - expected).norm() / expected.norm()).item<float>(), 0, 1e-2f);
    }

    private static (ConvNet Network, Tensor Images) Case(int channels, int side, int width, int depth, ConvNetNorm norm, int images)
    {
        var network = new ConvNet(new ConvNetShape(new ImageShape(channels, side, side), 10, width, depth, norm)).WithTorchDefaults(new SeedSequence(3));
        var draws = new Draws("parameters");
        using (no_grad())
            foreach (var (name, parameter) in network.named_parameters())
                if (name.StartsWith("features", StringComparison.Ordinal) && parameter.dim() == 1) parameter.PlusInPlace(draws.Normal(parameter.shape), 0.3); // norms that are not those of the start
        return (network, new Draws("images").Normal(images, channels, side, side));
    }
}

/// <summary>Winograd's transforms by their laws.</summary>
public sealed unsafe class WinogradTests
{
    private const int Channels = 16, Height = 8, Width = 12, Tiles = Height * Width / 16, Plane = (Tiles + 1) * Channels;

    [Fact]
    public void Gradients_OfEveryTransform_AreAdjoint()
    {
        float[] x = Random("x", (Height + 2) * (Width + 2) * Channels), v = Random("v", Winograd.Points * Plane), y = Random("y", Height * Width * Channels), g = Random("g", 9 * 64), u = Random("u", 36 * 64), bias = new float[Channels];
        float[] ofX = new float[v.Length], ofV = new float[x.Length], ofM = new float[y.Length], ofY = new float[v.Length], ofG = new float[u.Length], ofU = new float[g.Length];
        fixed (float* px = x, pv = v, py = y, pg = g, pu = u, pb = bias, qx = ofX, qv = ofV, qm = ofM, qy = ofY, qg = ofG, qu = ofU)
        {
            Winograd.Input(px, Height, Width, Channels, qx, Plane);
            Winograd.InputGradient(pv, Plane, Height, Width, Channels, qv);
            Winograd.Output(pv, Plane, Height, Width, Channels, pb, qm);
            Winograd.OutputGradient(py, Height, Width, Channels, qy, Plane);
            Winograd.Kernel(pg, 64, qg);
            Winograd.KernelGradient(pu, 64, qu);
        }
        RequireEqual(Product(ofX, v), Product(x, ofV));
        RequireEqual(Product(ofM, y), Product(v, ofY));
        RequireEqual(Product(ofG, u), Product(g, ofU));
    }

    [Fact]
    public void Transforms_OneChannel_GiveTheConvolution()
    {
        float[] x = new float[(4 + 2) * (4 + 2) * 8], g = new float[9 * 8], v = new float[36 * 8], u = new float[36 * 8], y = new float[16 * 8], bias = new float[8];
        var draws = new SeedSequence(1).Stream("values");
        for (var i = 0; i < x.Length; i++) x[i] = (float)draws.NextGaussian();
        for (var i = 0; i < g.Length; i++) g[i] = (float)draws.NextGaussian();
        for (var i = 0; i < 8; i++) bias[i] = i;
        fixed (float* px = x, pg = g, pv = v, pu = u, py = y, pb = bias)
        {
            Winograd.Input(px, 4, 4, 8, pv, 8);
            Winograd.Kernel(pg, 8, pu);
            for (var i = 0; i < v.Length; i++) v[i] *= u[i]; // channel by channel
            Winograd.Output(pv, 8, 4, 4, 8, pb, py);
        }
        for (var r = 0; r < 4; r++)
        for (var q = 0; q < 4; q++)
        for (var c = 0; c < 8; c++)
        {
            var sum = (double)c;
            for (var i = 0; i < 3; i++)
            for (var j = 0; j < 3; j++) sum += (double)x[((r + i) * 6 + q + j) * 8 + c] * g[(i * 3 + j) * 8 + c];
            Assert.Equal(sum, y[(r * 4 + q) * 8 + c], 1e-4);
        }
    }

    private static float[] Random(string name, int count)
    {
        var stream = new SeedSequence(5).Stream(name);
        var values = new float[count];
        for (var i = 0; i < count; i++) values[i] = (float)stream.NextGaussian();
        if (name == "v") // the row of no tile
            for (var p = 0; p < Winograd.Points; p++) values.AsSpan(p * Plane + Tiles * Channels, Channels).Clear();
        return values;
    }

    private static double Product(float[] a, float[] b) => a.Zip(b, (s, t) => (double)s * t).Sum();

    private static void RequireEqual(double a, double b) => Assert.InRange(Math.Abs(a - b), 0, 1e-5 * (Math.Abs(a) + 100));
}
