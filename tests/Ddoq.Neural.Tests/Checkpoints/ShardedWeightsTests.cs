using System.Text.Json;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Tests;

namespace Ddoq.Neural.Tests.Checkpoints;

/// <summary>A model in several files, as Hugging Face's libraries write large ones.</summary>
public sealed class ShardedWeightsTests : IDisposable
{
    private const string First = "model-00001-of-00002.safetensors", Second = "model-00002-of-00002.safetensors";
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Open_Index_ReadsEveryTensorFromItsShard()
    {
        using var file = WeightsFile.Open(Folder(new() { ["a"] = First, ["b"] = First, ["c"] = Second }));
        Assert.Equal(["a", "b", "c"], file.Tensors.Select(t => t.Name).Order());
        Assert.Equal([1f, 2f], file.ReadFloats("a"));
        Assert.Equal([5f], file.ReadFloats("c"));
        Assert.Equal([file.Path, _folder[First], _folder[Second]], WeightsFile.FilesOf(file.Path));
    }

    [Fact]
    public void Open_TensorInAnotherShardOrNone_IsRefusedByName()
    {
        RequireRefused(new() { ["a"] = First, ["b"] = Second, ["c"] = Second }, "'b'");
        RequireRefused(new() { ["a"] = First, ["b"] = First, ["c"] = Second, ["d"] = Second }, "'d'");
        RequireRefused(new() { ["a"] = First, ["c"] = Second }, "'b'");
    }

    [Fact]
    public void Open_ShardOutsideTheFolderOrMissing_IsRefusedByName()
    {
        RequireRefused(new() { ["a"] = "../" + First }, "../" + First);
        RequireRefused(new() { ["a"] = "/etc/passwd" }, "/etc/passwd");
        RequireRefused(new() { ["a"] = "model-00003-of-00002.safetensors" }, "model-00003-of-00002.safetensors");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"weight_map\": {}}")]
    [InlineData("{\"weight_map\": {\"a\": 3}}")]
    [InlineData("{\"weight_map\": {\"a\": null}}")]
    public void Open_DamagedIndex_IsRefused(string text)
    {
        var path = _folder.Write("model.safetensors.index.json", System.Text.Encoding.UTF8.GetBytes(text));
        Assert.Contains(path, Assert.Throws<BadInputException>(() => WeightsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private void RequireRefused(Dictionary<string, string> map, string expected)
    {
        var path = Folder(map);
        Assert.Contains(expected, Assert.Throws<BadInputException>(() => WeightsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    private string Folder(Dictionary<string, string> map)
    {
        new SafetensorsWriter().Add("a", new float[] { 1, 2 }, 2).Add("b", new float[] { 3, 4 }, 2).Write(_folder[First], replace: true);
        new SafetensorsWriter().Add("c", new float[] { 5 }, 1).Write(_folder[Second], replace: true);
        return _folder.Write("model.safetensors.index.json", JsonSerializer.SerializeToUtf8Bytes(new { metadata = new { total_size = 20 }, weight_map = map }));
    }
}
