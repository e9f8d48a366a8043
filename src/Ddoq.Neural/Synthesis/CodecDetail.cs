using Ddoq.Neural.Encoding;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Synthesis;

/// <summary>
/// What an autoencoder loses of real images: r - D(E(r)), pixel by pixel. Added to images decoded from latents near theirs it gives back the fine grain whose absence a student notices,
/// most of all one whose batch norm carries the statistics of its training images over to real ones.
/// </summary>
public sealed class CodecDetail
{
    private readonly short[] _lost;

    private CodecDetail(short[] lost) => _lost = lost;

    /// <summary>Of images P x C x H x W.</summary>
    public static CodecDetail Of(ILatentCodec codec, byte[] pixels)
    {
        var through = codec.Through(pixels);
        return new CodecDetail([.. pixels.Zip(through, (r, d) => (short)(r - d))]);
    }

    /// <summary>The images with the detail, cut to [0, 255].</summary>
    public byte[] AddTo(byte[] images) => [.. images.Zip(_lost, (d, l) => (byte)Math.Clamp(d + l, byte.MinValue, byte.MaxValue))];

    /// <summary>The detail of all images on the scale where black is 0 and white 1, P x C x H x W.</summary>
    public Tensor OnUnitScale(params long[] shape) => tensor(Array.ConvertAll(_lost, l => l / 255f), shape);
}
