namespace Ddoq.Datasets;

/// <summary>Reconstruction filter of a resize; enlarged by the scale when shrinking, so that shrinking antialiases.</summary>
public enum ResizeFilter
{
    /// <summary>Mean of the covered pixels, support 0.5.</summary>
    Box,

    /// <summary>Triangle, support 1: torchvision's default.</summary>
    Bilinear,

    /// <summary>Cubic convolution with a = -0.5, support 2.</summary>
    Bicubic,

    /// <summary>Windowed sinc, support 3.</summary>
    Lanczos,

    /// <summary>The pixel under the centre, without antialiasing.</summary>
    Nearest,
}

/// <summary>
/// Resizes 8-bit images bit-exactly as Pillow 9 does: horizontal pass, then vertical, each rounded to 8 bits, with weights in
/// 22-bit fixed point. A pass whose size does not change is skipped. Time O(output pixels x support x scale) per pass.
/// </summary>
public static class PillowResize
{
    private const int FractionBits = 22;

    /// <summary>Resizes an image.</summary>
    /// <param name="pixels">Bytes in C x H x W order.</param>
    /// <param name="shape">Shape of <paramref name="pixels"/>.</param>
    /// <param name="height">Rows of the result, at least 1.</param>
    /// <param name="width">Columns of the result, at least 1.</param>
    /// <param name="filter">The filter.</param>
    /// <returns>Bytes in C x height x width order.</returns>
    /// <exception cref="ArgumentException">The length does not fit the shape, or a size is below 1.</exception>
    public static byte[] Resize(ReadOnlySpan<byte> pixels, ImageShape shape, int height, int width, ResizeFilter filter)
    {
        if (pixels.Length != shape.Size || shape.Size == 0)
            throw new ArgumentException($"an image of {shape} needs {shape.Size} bytes and at least one, got {pixels.Length}.", nameof(pixels));
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if ((long)shape.Channels * Math.Max(height, shape.Height) * width > Array.MaxLength)
            throw new ArgumentException($"{shape.Channels}x{height}x{width} is too large to resize to; at most {Array.MaxLength} bytes are held.", nameof(width));
        var rows = shape.Channels * shape.Height;
        var wide = width == shape.Width ? pixels.ToArray() : Horizontal(pixels, rows, shape.Width, Taps.For(shape.Width, width, filter));
        return height == shape.Height ? wide : Vertical(wide, shape.Channels, shape.Height, width, Taps.For(shape.Height, height, filter));
    }

    /// <summary>torchvision's <c>Resize(side)</c> and <c>CenterCrop(side)</c>: the short side becomes <paramref name="side"/>, the long one keeps the ratio (rounded down), the middle square stays.</summary>
    /// <param name="pixels">Bytes in C x H x W order.</param>
    /// <param name="shape">Shape of <paramref name="pixels"/>.</param>
    /// <param name="side">Rows and columns of the result, at least 1.</param>
    /// <param name="filter">The filter.</param>
    /// <returns>Bytes in C x side x side order.</returns>
    /// <exception cref="ArgumentException">The length does not fit the shape, or the side is below 1.</exception>
    public static byte[] ShortSideThenCentreCrop(ReadOnlySpan<byte> pixels, ImageShape shape, int side, ResizeFilter filter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        var (height, width) = shape.Height <= shape.Width
            ? (side, (int)((long)side * shape.Width / shape.Height))
            : ((int)((long)side * shape.Height / shape.Width), side);
        var resized = Resize(pixels, shape, height, width, filter);
        return CentreCrop(resized, shape with { Height = height, Width = width }, side);
    }

    /// <summary>torchvision's <c>CenterCrop(side)</c>: the offset is half the surplus, rounded half to even; a side that is too small is padded by zeros, half (rounded down) in front.</summary>
    /// <exception cref="ArgumentException">The side is below 1, or the length does not fit the shape.</exception>
    public static byte[] CentreCrop(ReadOnlySpan<byte> pixels, ImageShape shape, int side)
    {
        if (pixels.Length != shape.Size) throw new ArgumentException($"an image of {shape} needs {shape.Size} bytes, got {pixels.Length}.", nameof(pixels));
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        static int Offset(int surplus) => surplus >= 0 ? HalfToEven(surplus) : -(-surplus / 2);
        return Crop(pixels, shape, Offset(shape.Height - side), Offset(shape.Width - side), side, side);
    }

    /// <summary>torchvision's <c>resized_crop</c>: a box of the image, resized, mirrored left to right if <paramref name="flip"/>.</summary>
    /// <param name="pixels">Bytes in C x H x W order.</param>
    /// <param name="shape">Shape of <paramref name="pixels"/>.</param>
    /// <param name="box">Rows and columns, inside the image.</param>
    /// <param name="side">Rows and columns of the result.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="flip">Whether it is mirrored.</param>
    /// <returns>Bytes in C x side x side order.</returns>
    /// <exception cref="ArgumentException">The box leaves the image, the side is below 1, or the length does not fit the shape.</exception>
    public static byte[] ResizedCrop(ReadOnlySpan<byte> pixels, ImageShape shape, CropBox box, int side, ResizeFilter filter, bool flip)
    {
        if (box.Top < 0 || box.Left < 0 || box.Height < 1 || box.Width < 1 || box.Top + box.Height > shape.Height || box.Left + box.Width > shape.Width)
            throw new ArgumentOutOfRangeException(nameof(box), box, $"the box must lie in an image of {shape}.");
        var part = Crop(pixels, shape, box.Top, box.Left, box.Height, box.Width);
        var resized = Resize(part, shape with { Height = box.Height, Width = box.Width }, side, side, filter);
        if (flip)
            for (var row = 0; row < shape.Channels * side; row++) resized.AsSpan(row * side, side).Reverse();
        return resized;
    }

    // Zeros outside of the image.
    private static byte[] Crop(ReadOnlySpan<byte> pixels, ImageShape shape, int top, int left, int height, int width)
    {
        var result = new byte[shape.Channels * height * width];
        var (from, into) = (Math.Max(0, left), Math.Max(0, -left));
        var length = Math.Min(width - into, shape.Width - from);
        for (var row = 0; row < shape.Channels * height; row++)
        {
            var source = row % height + top;
            if (source < 0 || source >= shape.Height) continue;
            pixels.Slice((row / height * shape.Height + source) * shape.Width + from, length).CopyTo(result.AsSpan(row * width + into));
        }
        return result;
    }

    private static int HalfToEven(int surplus) => (int)Math.Round(surplus / 2.0, MidpointRounding.ToEven);

    private static byte[] Horizontal(ReadOnlySpan<byte> pixels, int rows, int width, Taps taps)
    {
        var result = GC.AllocateUninitializedArray<byte>(rows * taps.Count);
        for (var row = 0; row < rows; row++)
        {
            var source = pixels.Slice(row * width, width);
            for (var x = 0; x < taps.Count; x++)
            {
                var weights = taps.Weights(x);
                var sum = 1 << (FractionBits - 1);
                for (var i = 0; i < weights.Length; i++) sum += source[taps.First(x) + i] * weights[i];
                result[row * taps.Count + x] = Clip(sum);
            }
        }
        return result;
    }

    private static byte[] Vertical(byte[] pixels, int channels, int height, int width, Taps taps)
    {
        var result = GC.AllocateUninitializedArray<byte>(channels * taps.Count * width);
        var sums = new int[width];
        for (var row = 0; row < channels * taps.Count; row++)
        {
            var (channel, y) = (row / taps.Count, row % taps.Count);
            Array.Fill(sums, 1 << (FractionBits - 1));
            var weights = taps.Weights(y);
            for (var i = 0; i < weights.Length; i++)
                AddRow(sums, pixels.AsSpan((channel * height + taps.First(y) + i) * width, width), weights[i]);
            for (var x = 0; x < width; x++) result[row * width + x] = Clip(sums[x]);
        }
        return result;
    }

    private static void AddRow(Span<int> sums, ReadOnlySpan<byte> row, int weight)
    {
        for (var x = 0; x < sums.Length; x++) sums[x] += row[x] * weight;
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> FractionBits, 0, 255);

    /// <summary>For each output pixel the first input pixel and the fixed-point weights.</summary>
    private sealed class Taps
    {
        private readonly int[] _first;
        private readonly int[][] _weights;

        private Taps(int[] first, int[][] weights) => (_first, _weights) = (first, weights);

        public int Count => _first.Length;

        public int First(int output) => _first[output];

        public ReadOnlySpan<int> Weights(int output) => _weights[output];

        public static Taps For(int input, int output, ResizeFilter filter)
        {
            if (filter == ResizeFilter.Nearest) return Nearest(input, output);
            var ratio = (double)input / output;
            var scale = Math.Max(ratio, 1.0);
            var support = Support(filter) * scale;
            var (first, weights) = (new int[output], new int[output][]);
            for (var o = 0; o < output; o++)
            {
                var centre = (o + 0.5) * ratio;
                first[o] = Math.Max(0, (int)(centre - support + 0.5));
                var end = Math.Min(input, (int)(centre + support + 0.5));
                weights[o] = FixedPoint(first[o], end, centre, scale, filter);
            }
            return new Taps(first, weights);
        }

        // Pillow adds the ratio up, so that its rounding decides where a centre falls between two pixels.
        private static Taps Nearest(int input, int output)
        {
            var (ratio, first) = ((double)input / output, new int[output]);
            var at = 0.5 * ratio;
            for (var o = 0; o < output; o++, at += ratio) first[o] = Math.Min(input - 1, (int)at);
            return new Taps(first, [.. Enumerable.Repeat(new[] { 1 << FractionBits }, output)]);
        }

        // Pillow multiplies by the reciprocal of the scale and of the sum; dividing instead can differ in the last fixed-point bit.
        private static int[] FixedPoint(int first, int end, double centre, double scale, ResizeFilter filter)
        {
            var reciprocal = 1.0 / scale;
            var weights = new double[end - first];
            var sum = 0.0;
            for (var i = 0; i < weights.Length; i++) sum += weights[i] = Weight(filter, (i + first - centre + 0.5) * reciprocal);
            var normal = sum == 0.0 ? 1.0 : 1.0 / sum;
            return Array.ConvertAll(weights, w => (int)Math.Round(w * normal * (1 << FractionBits), MidpointRounding.AwayFromZero));
        }

        private static double Support(ResizeFilter filter) => filter switch
        {
            ResizeFilter.Box => 0.5,
            ResizeFilter.Bilinear => 1.0,
            ResizeFilter.Bicubic => 2.0,
            ResizeFilter.Lanczos => 3.0,
            _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "unknown filter."),
        };

        private static double Weight(ResizeFilter filter, double x) => filter switch
        {
            ResizeFilter.Box => x is > -0.5 and <= 0.5 ? 1.0 : 0.0,
            ResizeFilter.Bilinear => Math.Max(0.0, 1.0 - Math.Abs(x)),
            ResizeFilter.Bicubic => Cubic(Math.Abs(x)),
            _ => x is >= -3.0 and < 3.0 ? Sinc(x) * Sinc(x / 3.0) : 0.0,
        };

        private static double Cubic(double x)
        {
            const double A = -0.5;
            if (x < 1.0) return ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
            return x < 2.0 ? (((x - 5.0) * x + 8.0) * x - 4.0) * A : 0.0;
        }

        private static double Sinc(double x) => x == 0.0 ? 1.0 : Math.Sin(x * Math.PI) / (x * Math.PI);
    }
}

/// <summary>A rectangle of an image in pixels.</summary>
public readonly record struct CropBox(int Top, int Left, int Height, int Width);
