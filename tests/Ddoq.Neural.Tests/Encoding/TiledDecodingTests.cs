using Ddoq.Neural.Encoding;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Encoding;

public sealed class TiledDecodingTests
{
    private static Tensor Enlarge(Tensor z) => nn.functional.interpolate(z.narrow(1, 0, 3), [2 * z.shape[2], 2 * z.shape[3]], mode: InterpolationMode.Nearest).tanh();

    // A decoder that sees one cell at a time is the same by tiles.
    [Theory]
    [InlineData(64, 64)]
    [InlineData(65, 64)]
    [InlineData(96, 130)]
    [InlineData(40, 200)]
    public void Decode_LocalDecoder_IsAsAtOnce(int height, int width)
    {
        using var scope = NewDisposeScope();
        var z = new Draws("tiles").Normal(2, 4, height, width);
        Agreement.Require(TiledDecoding.Decode(z, 2, Enlarge), Enlarge(z), 1e-5);
    }

    [Fact]
    public void Decode_LargeLatent_GivesTheDecoderNoMoreThanATile()
    {
        using var scope = NewDisposeScope();
        var (largest, latents) = (0L, new Draws("tiles").Normal(1, 4, 100, 150));
        var found = LeakCheck.Call(() => TiledDecoding.Decode(latents, 2, z =>
        {
            largest = Math.Max(largest, z.shape[2] * z.shape[3]);
            return Enlarge(z);
        }));
        Assert.Equal([1, 3, 200, 300], found.shape);
        Assert.Equal(TiledDecoding.Side * TiledDecoding.Side, largest);
    }

    // Tiles that disagree by a constant meet without a step: between neighbouring pixels the blend moves by little.
    [Fact]
    public void Decode_TilesThatDisagree_AreBlendedWithoutASeam()
    {
        using var scope = NewDisposeScope();
        var tile = 0;
        var found = TiledDecoding.Decode(zeros(1, 4, 64, 112), 2, z => full([1, 3, 128, 128], (double)tile++));
        Assert.Equal(2, tile);
        Assert.Equal(0, found[0, 0, 5, 0].item<float>());
        Assert.Equal(1, found[0, 0, 5, 223].item<float>());
        Assert.InRange((found[.., .., .., 1..] - found[.., .., .., ..^1]).abs().max().item<float>(), 0, 1.5 / 32);
    }
}
