using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;

namespace Ddoq.Neural.Tests.Checkpoints;

[Trait("golden", "formats")]
public sealed class WeightsFileTests
{
    [Theory]
    [InlineData("state_zip.pth")]
    [InlineData("state_legacy.pth")]
    public void ReadFloats_FileOfTorchSave_EqualsTheSafetensorsTwin(string name)
    {
        using var file = WeightsFile.Open(Golden.File("formats", name));
        using var expected = SafetensorsFile.Open(Golden.File("formats", "expected.safetensors"));
        var floats = expected.Tensors.Where(t => t.Type is ElementType.Float16 or ElementType.BFloat16 or ElementType.Float32 or ElementType.Float64).ToArray();
        Assert.NotEmpty(floats);
        foreach (var tensor in floats) Assert.Equal(expected.ReadFloats(tensor.Name), file.ReadFloats(tensor.Name));
        var whole = expected.Tensors.First(t => t.Type == ElementType.Int64).Name;
        Assert.Contains(whole, Assert.Throws<BadInputException>(() => file.ReadFloats(whole)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_CheckpointOfATrainingScript_TakesTheAveragedWeights()
    {
        using var file = WeightsFile.Open(Golden.File("formats", "checkpoint_nested.pth"));
        Assert.Contains("int64", file.Tensors.Select(t => t.Name)); // in "ema" alone
    }
}
