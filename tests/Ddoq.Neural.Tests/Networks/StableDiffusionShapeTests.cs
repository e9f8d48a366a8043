using System.Text.Json.Nodes;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks.StableDiffusion;

namespace Ddoq.Neural.Tests.Networks;

/// <summary>Configurations of diffusers that our networks do not have are refused by name; absent keys mean what they mean to diffusers.</summary>
public sealed class StableDiffusionShapeTests
{
    [Theory]
    [InlineData("""{"block_out_channels": [8, 8], "down_block_types": ["DownEncoderBlock2D"]}""", "down_block_types has 1 entries, block_out_channels 2")]
    [InlineData("""{"block_out_channels": [8], "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"]}""", "up_block_types has 2 entries, block_out_channels 1")]
    [InlineData("""{"down_block_types": ["AttnDownEncoderBlock2D"]}""", "AttnDownEncoderBlock2D")]
    [InlineData("""{"shift_factor": 0.1}""", "shift_factor")]
    [InlineData("""{"use_quant_conv": false}""", "use_quant_conv")]
    public void Autoencoder_UnsupportedSetting_IsNamed(string json, string named) =>
        Assert.Contains(named, Assert.Throws<BadInputException>(() => AutoencoderKLShape.Of(Config(json))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"class_embed_type": "timestep"}""", "class_embed_type")]
    [InlineData("""{"attention_head_dim": [8, 8]}""", "attention_head_dim")]
    [InlineData("""{"down_block_types": ["AttnDownBlock2D"]}""", "AttnDownBlock2D")]
    [InlineData("""{"freq_shift": 1}""", "freq_shift")]
    public void UNet_UnsupportedSetting_IsNamed(string json, string named) =>
        Assert.Contains(named, Assert.Throws<BadInputException>(() => UNetShape.Of(Config(json))).Message, StringComparison.Ordinal);

    [Fact]
    public void UNet_NoSettings_HasTheDefaultsOfDiffusers()
    {
        var shape = UNetShape.Of(Config("{}"));
        Assert.Equal((4, 2, 1280, 32, false), (shape.Channels, shape.Layers, shape.Context, shape.Groups, shape.LinearProjections));
        Assert.Equal([new(320, 8, true), new(640, 8, true), new(1280, 8, true), new(1280, 8, false)], shape.Levels);
    }

    private static NetworkConfig Config(string json) => new("config.json", JsonNode.Parse(json)!.AsObject());
}
