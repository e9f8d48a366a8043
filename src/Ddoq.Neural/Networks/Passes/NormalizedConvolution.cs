using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.Passes;

/// <summary>One block of a <see cref="ConvNetPass"/>: 3x3 convolution, norm, ReLU, 2x2 mean.</summary>
internal sealed unsafe class NormalizedConvolution : IDisposable
{
    private const int TilesAtOnce = 128; // patches of so many tiles, and their products, stay in the cache
    private const double Epsilon = 1e-5, Momentum = 0.1;

    private readonly ConvNetPassLayer _layer;
    private readonly Parameter _weight, _bias, _gamma, _beta;
    private readonly Tensor? _runningMean, _runningVariance;
    private readonly FloatBuffer _input = new(), _inputSlopes = new(), _output = new(), _outputSlopes = new(), _statistics = new(), _sums = new();
    private Tensor? _kernel, _patches, _tiles; // V and dM keep their room
    private int _count;
    private bool _keeps;

    public NormalizedConvolution(ConvNetPassLayer layer, ConvNet network, int index)
    {
        _layer = layer;
        var (convolution, norm) = ($"features.{4 * index}", $"features.{4 * index + 1}");
        (_weight, _bias, _gamma, _beta) = (network.get_parameter($"{convolution}.weight")!, network.get_parameter($"{convolution}.bias")!, network.get_parameter($"{norm}.weight")!, network.get_parameter($"{norm}.bias")!);
        if (layer.Batch) (_runningMean, _runningVariance) = (network.get_buffer($"{norm}.running_mean"), network.get_buffer($"{norm}.running_var"));
    }

    private int Channels => _layer.Outputs;

    private long OutputSize => (long)_layer.Pixels * Channels;

    /// <summary>Lays out the kernel as this pass needs it. Before each pass whose parameters are new.</summary>
    public void ReadParameters()
    {
        _kernel?.Dispose();
        var g = _weight.permute(2, 3, 1, 0).contiguous(); // 3 x 3 x C x O
        if (_layer.First) _kernel = g.DetachFromDisposeScope();
        else
        {
            _kernel = empty(Winograd.Points, _layer.Inputs, Channels).DetachFromDisposeScope();
            Winograd.Kernel(TensorMemory.Pointer(g), (nint)_layer.Inputs * Channels, TensorMemory.Pointer(_kernel));
        }
    }

    /// <summary>Copies images into the input's frame.</summary>
    /// <param name="images">N x C x H x W.</param>
    public void Load(Tensor images)
    {
        using var dense = images.contiguous();
        var (count, channels, height, width) = ((int)images.shape[0], (int)images.shape[1], (int)images.shape[2], (int)images.shape[3]);
        var to = _input.Room(count * _layer.FramedSize);
        var from = TensorMemory.Pointer(dense);
        for (var n = 0; n < count; n++)
        for (var c = 0; c < channels; c++)
        for (var y = 0; y < height; y++)
        {
            var line = to + n * _layer.FramedSize + ((y + _layer.Frame) * _layer.FramedWidth + _layer.Frame) * channels + c;
            for (var x = 0; x < width; x++) line[x * channels] = *from++;
        }
    }

    /// <summary>Where the block below puts what this one reads.</summary>
    public PooledMaps Inside(int count) => Inside(_input.Room(count * _layer.FramedSize));

    /// <summary>The block's output, from the input that lies ready.</summary>
    /// <param name="count">Images.</param>
    /// <param name="training">Whether batch norm takes the batch's statistics, and what <see cref="Backward"/> needs is kept.</param>
    /// <param name="pooled">Where the output goes.</param>
    public void Forward(int count, bool training, PooledMaps pooled)
    {
        (_count, _keeps) = (count, training);
        _output.Room((_keeps ? count : 1) * OutputSize);
        _statistics.Room((long)(_layer.Batch ? 1 : count) * NormStatistics.Rows * Channels);
        if (_layer.Batch && training)
        {
            var moments = new BatchMoments(Channels);
            Convolve(n => AddMoments(moments, n));
            SetStatistics(moments);
            for (var n = 0; n < count; n++) Pool(n, pooled);
            return;
        }
        if (_layer.Batch) SetRunningStatistics();
        Convolve(n => // an image at a time: all of it stays in the cache
        {
            if (!_layer.Batch) SetStatistics(n);
            Pool(n, pooled);
        });
    }

    /// <summary>Adds the gradients of the block's parameters and gives that of the block below.</summary>
    public PooledMaps Backward(PooledMaps slopes)
    {
        using var scope = NewDisposeScope();
        var norm = new NormGradients(Channels);
        if (_layer.Batch)
        {
            for (var n = 0; n < _count; n++) AddNormSlopes(norm, n, slopes);
            SetMeans(norm);
        }
        var below = _layer.First ? null : _inputSlopes.Room(_count * _layer.FramedSize);
        if (below is not null) new Span<byte>(below, checked((int)(_count * _layer.FramedSize * sizeof(float)))).Clear();
        var bias = zeros(Channels);
        var kernel = zeros(_kernel!.shape);
        var dy = _outputSlopes.Room(OutputSize);
        void Slopes(int n)
        {
            if (!_layer.Batch) AddNormSlopes(norm, n, slopes);
            OutputSlopes(slopes, n, dy, TensorMemory.Pointer(bias));
        }
        if (_layer.First) ShallowSlopes(Slopes, dy, TensorMemory.Pointer(kernel));
        else DeepSlopes(Slopes, dy, kernel, below);
        TensorMemory.AddGradient(_bias, bias);
        TensorMemory.AddGradient(_weight, KernelSlopes(kernel));
        TensorMemory.AddGradient(_beta, tensor(Array.ConvertAll(norm.Beta, v => (float)v)));
        TensorMemory.AddGradient(_gamma, tensor(Array.ConvertAll(norm.Gamma, v => (float)v)));
        return below is null ? default : Inside(below);
    }

    public void Dispose()
    {
        foreach (var buffer in new[] { _input, _inputSlopes, _output, _outputSlopes, _statistics, _sums }) buffer.Dispose();
        _kernel?.Dispose();
        _patches?.Dispose();
        _tiles?.Dispose();
    }

    private PooledMaps Inside(float* framed) => new((nint)(framed + (_layer.FramedWidth + 1) * _layer.Inputs), _layer.FramedSize, _layer.FramedWidth * _layer.Inputs);

    private float* Input(int image) => _input.Pointer + image * _layer.FramedSize;

    // In evaluation there is room for one image.
    private float* Output(int image) => _output.Pointer + (_keeps ? image : 0) * OutputSize;

    // Convolution

    private void Convolve(Action<int> then)
    {
        var bias = TensorMemory.Pointer(_bias);
        if (_layer.First)
        {
            var g = TensorMemory.Pointer(_kernel!);
            for (var n = 0; n < _count; n++)
            {
                ShallowConvolution.Forward(Input(n), _layer.Height, _layer.Width, _layer.Inputs, g, bias, Channels, Output(n));
                then(n);
            }
            return;
        }
        foreach (var block in Blocks())
        {
            using var scope = NewDisposeScope();
            var m = TensorMemory.Pointer(Patches(block).bmm(_kernel!));
            for (var n = 0; n < block.Images; n++)
            {
                Winograd.Output(m + (long)n * _layer.Tiles * Channels, (nint)block.Rows * Channels, _layer.Height, _layer.Width, Channels, bias, Output(block.First + n));
                then(block.First + n);
            }
        }
    }

    private void ShallowSlopes(Action<int> outputSlopes, float* dy, float* kernel)
    {
        for (var n = 0; n < _count; n++)
        {
            outputSlopes(n);
            ShallowConvolution.KernelGradient(Input(n), _layer.Height, _layer.Width, _layer.Inputs, dy, Channels, kernel);
        }
    }

    private void DeepSlopes(Action<int> outputSlopes, float* dy, Tensor kernel, float* below)
    {
        foreach (var block in Blocks())
        {
            using var scope = NewDisposeScope();
            var v = Patches(block);
            var dm = Rows(ref _tiles, block, Channels);
            var m = TensorMemory.Pointer(dm);
            var (plane, tiles) = ((nint)block.Rows * Channels, block.Images * _layer.Tiles);
            for (var n = 0; n < block.Images; n++)
            {
                outputSlopes(block.First + n);
                Winograd.OutputGradient(dy, _layer.Height, _layer.Width, Channels, m + (long)n * _layer.Tiles * Channels, plane);
            }
            for (var p = 0; p < Winograd.Points; p++) // rows of no tile: they must not count
                new Span<float>(m + p * plane + (long)tiles * Channels, (block.Rows - tiles) * Channels).Clear();
            kernel.PlusInPlace(v.transpose(1, 2).bmm(dm));
            var dv = TensorMemory.Pointer(dm.bmm(_kernel!.transpose(1, 2)));
            for (var n = 0; n < block.Images; n++)
                Winograd.InputGradient(dv + (long)n * _layer.Tiles * _layer.Inputs, (nint)block.Rows * _layer.Inputs, _layer.Height, _layer.Width, _layer.Inputs, below + (block.First + n) * _layer.FramedSize);
        }
    }

    private Tensor KernelSlopes(Tensor slopes)
    {
        if (_layer.First) return slopes.permute(3, 2, 0, 1).contiguous();
        var g = empty(3, 3, _layer.Inputs, Channels);
        Winograd.KernelGradient(TensorMemory.Pointer(slopes), (nint)_layer.Inputs * Channels, TensorMemory.Pointer(g));
        return g.permute(3, 2, 0, 1).contiguous();
    }

    // Images whose patches lie together. One row more than tiles: planes a power of two apart would fall on the same places of the cache.
    private readonly record struct Block(int First, int Images, int Rows);

    private IEnumerable<Block> Blocks()
    {
        var most = Math.Max(1, TilesAtOnce / _layer.Tiles);
        var each = (_count + (_count + most - 1) / most - 1) / ((_count + most - 1) / most);
        for (var first = 0; first < _count; first += each) yield return new Block(first, Math.Min(each, _count - first), each * _layer.Tiles + 1);
    }

    private Tensor Patches(Block block)
    {
        var patches = Rows(ref _patches, block, _layer.Inputs);
        var v = TensorMemory.Pointer(patches);
        var plane = (nint)block.Rows * _layer.Inputs;
        for (var n = 0; n < block.Images; n++) Winograd.Input(Input(block.First + n), _layer.Height, _layer.Width, _layer.Inputs, v + (long)n * _layer.Tiles * _layer.Inputs, plane);
        return patches;
    }

    // 36 x rows x channels. Zeros at first: rows that are not written hold numbers, whatever they are.
    private static Tensor Rows(ref Tensor? room, Block block, int channels)
    {
        var numbers = (long)Winograd.Points * block.Rows * channels;
        if (room is null || room.numel() < numbers)
        {
            room?.Dispose();
            room = zeros(numbers).DetachFromDisposeScope();
        }
        return room.narrow(0, 0, numbers).view(Winograd.Points, block.Rows, channels);
    }

    // Norm

    // Of an image or of the batch, O each: mu, a = gamma / sigma, b = beta - a mu, 1 / sigma^2, and in the backward pass a mean(dz) and a mean(dz (y - mu)) / sigma^2.
    private readonly ref struct NormStatistics(float* first, int channels)
    {
        public const int Rows = 6;
        public float* Mean => first;
        public float* A => first + channels;
        public float* B => first + 2 * channels;
        public float* Precision => first + 3 * channels;
        public float* Offset => first + 4 * channels;
        public float* Slant => first + 5 * channels;
    }

    private NormStatistics Statistics(int image) => new(_statistics.Pointer + (_layer.Batch ? 0L : image) * NormStatistics.Rows * Channels, Channels);

    // Mean of each channel of an image, and the sum of squares around it.
    private void Moments(int image, float* means, float* squares)
    {
        new Span<float>(means, Channels).Clear();
        new Span<float>(squares, Channels).Clear();
        NormalizedPooling.AddSums(Output(image), _layer.Pixels, Channels, means);
        for (var c = 0; c < Channels; c++) means[c] /= _layer.Pixels;
        NormalizedPooling.AddSquares(Output(image), _layer.Pixels, Channels, means, squares);
    }

    private void SetStatistics(int image)
    {
        var s = Statistics(image);
        var squares = _sums.Room(2 * Channels);
        float* gamma = TensorMemory.Pointer(_gamma), beta = TensorMemory.Pointer(_beta);
        Moments(image, s.Mean, squares);
        for (var c = 0; c < Channels; c++) SetScale(s, c, squares[c] / _layer.Pixels, gamma, beta);
    }

    // Of a batch in double, image by image (Chan et al. 1979): as exact as two passes, and each image is read once.
    private sealed class BatchMoments(int channels)
    {
        public double[] Means { get; } = new double[channels];
        public double[] Squares { get; } = new double[channels];
    }

    private void AddMoments(BatchMoments all, int image)
    {
        var means = _sums.Room(2 * Channels);
        var squares = means + Channels;
        Moments(image, means, squares);
        for (var c = 0; c < Channels; c++)
        {
            var step = means[c] - all.Means[c];
            all.Means[c] += step / (image + 1);
            all.Squares[c] += squares[c] + step * step * _layer.Pixels * image / (image + 1);
        }
    }

    private void SetStatistics(BatchMoments all)
    {
        var s = Statistics(0);
        float* means = TensorMemory.Pointer(_runningMean!), variances = TensorMemory.Pointer(_runningVariance!);
        float* gamma = TensorMemory.Pointer(_gamma), beta = TensorMemory.Pointer(_beta);
        var count = (double)_count * _layer.Pixels;
        for (var c = 0; c < Channels; c++)
        {
            s.Mean[c] = (float)all.Means[c];
            SetScale(s, c, all.Squares[c] / count, gamma, beta);
            means[c] = (float)((1 - Momentum) * means[c] + Momentum * all.Means[c]);
            variances[c] = (float)((1 - Momentum) * variances[c] + Momentum * all.Squares[c] / Math.Max(1, count - 1));
        }
    }

    private void SetRunningStatistics()
    {
        var s = Statistics(0);
        float* means = TensorMemory.Pointer(_runningMean!), variances = TensorMemory.Pointer(_runningVariance!);
        float* gamma = TensorMemory.Pointer(_gamma), beta = TensorMemory.Pointer(_beta);
        for (var c = 0; c < Channels; c++)
        {
            s.Mean[c] = means[c];
            SetScale(s, c, variances[c], gamma, beta);
        }
    }

    private static void SetScale(NormStatistics s, int c, double variance, float* gamma, float* beta)
    {
        var precision = 1 / (variance + Epsilon);
        s.Precision[c] = (float)precision;
        s.A[c] = (float)(gamma[c] * Math.Sqrt(precision));
        s.B[c] = beta[c] - s.A[c] * s.Mean[c];
    }

    private void Pool(int image, PooledMaps pooled)
    {
        var s = Statistics(image);
        NormalizedPooling.Forward(Output(image), _layer.Height, _layer.Width, Channels, s.A, s.B, pooled.At(image), pooled.Line);
    }

    // Gradients of beta and gamma: single precision within an image, double over images. With batch norm gamma's lacks the factor 1 / sigma until the end.
    private sealed class NormGradients(int channels)
    {
        public double[] Beta { get; } = new double[channels];
        public double[] Gamma { get; } = new double[channels];
    }

    // Also what dY needs of its image, with instance norm.
    private void AddNormSlopes(NormGradients found, int image, PooledMaps slopes)
    {
        var s = Statistics(image);
        var sums = _sums.Room(2 * Channels);
        var products = sums + Channels;
        new Span<float>(sums, 2 * Channels).Clear();
        NormalizedPooling.AddSlopes(Output(image), _layer.Height, _layer.Width, Channels, s.A, s.B, s.Mean, slopes.At(image), slopes.Line, sums, products);
        for (var c = 0; c < Channels; c++)
        {
            if (!_layer.Batch) SetMeans(s, c, sums[c] / _layer.Pixels, products[c] / _layer.Pixels);
            found.Beta[c] += sums[c];
            found.Gamma[c] += _layer.Batch ? products[c] : products[c] * MathF.Sqrt(s.Precision[c]);
        }
    }

    private void SetMeans(NormGradients found)
    {
        var s = Statistics(0);
        var count = (double)_count * _layer.Pixels;
        for (var c = 0; c < Channels; c++)
        {
            SetMeans(s, c, found.Beta[c] / count, found.Gamma[c] / count);
            found.Gamma[c] *= Math.Sqrt(s.Precision[c]);
        }
    }

    private static void SetMeans(NormStatistics s, int c, double slope, double product)
    {
        s.Offset[c] = (float)(s.A[c] * slope);
        s.Slant[c] = (float)(s.A[c] * product * s.Precision[c]);
    }

    private void OutputSlopes(PooledMaps slopes, int image, float* dy, float* bias)
    {
        var s = Statistics(image);
        NormalizedPooling.Gradient(Output(image), _layer.Height, _layer.Width, Channels, s.A, s.B, s.Mean, s.Offset, s.Slant, slopes.At(image), slopes.Line, dy);
        NormalizedPooling.AddSums(dy, _layer.Pixels, Channels, bias);
    }
}
