using Ddoq.Cli.Tests.CommandLine;

namespace Ddoq.Cli.Tests.Commands;

public sealed class InspectAndVerifyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public InspectAndVerifyTests()
    {
        SampleArtifacts.Codebook(_folder["book.safetensors"]);
        SampleArtifacts.LatentStore(_folder["latents"]);
        SampleArtifacts.DistilledSet(_folder["set"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Inspect_Codebook_ItsNumbers()
    {
        var json = Shell.Run("inspect", _folder["book.safetensors"], "--json").Json;
        Assert.Equal("codebook", json.GetProperty("kind").GetString());
        Assert.Equal((4, 2, 2), (json.GetProperty("samples").GetInt32(), json.GetProperty("dimension").GetInt32(), json.GetProperty("points").GetInt32()));
        Assert.Equal(0.5, json.GetProperty("distortion").GetDouble());
        Assert.Equal(Math.Sqrt(0.5), json.GetProperty("w2").GetDouble());
    }

    [Fact]
    public void Inspect_LatentStore_ItsNumbers()
    {
        var json = Shell.Run("inspect", _folder["latents"], "--json").Json;
        Assert.Equal("latent_store", json.GetProperty("kind").GetString());
        Assert.Equal((3, 3, 2), (json.GetProperty("samples").GetInt32(), json.GetProperty("dimension").GetInt32(), json.GetProperty("classes").GetInt32()));
    }

    [Fact]
    public void Inspect_DistilledSet_ItsNumbers()
    {
        var json = Shell.Run("inspect", _folder["set"], "--json").Json;
        Assert.Equal("distilled_set", json.GetProperty("kind").GetString());
        Assert.Equal((2, 2, "random"), (json.GetProperty("images").GetInt32(), json.GetProperty("classes").GetInt32(), json.GetProperty("method").GetString()));
    }

    [Fact]
    public void Inspect_ForPeople_NamesTheKind()
    {
        var shell = Shell.Run("inspect", _folder["set"]);
        Assert.Equal((0, ""), (shell.Code, shell.Error));
        Assert.Contains("distilled set", shell.Out, StringComparison.Ordinal);
        Assert.Contains("handmade (CC0)", shell.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_TensorsOfTheSet_AreListed()
    {
        var json = Shell.Run("inspect", Path.Combine(_folder["set"], "targets.safetensors"), "--json").Json;
        Assert.Contains(json.GetProperty("tensors").EnumerateArray(), tensor => tensor.GetProperty("name").GetString() == "weights");
    }

    [Theory]
    [InlineData("set")]
    [InlineData("latents")]
    [InlineData("book.safetensors")]
    public void Verify_Whole_Ok(string name)
    {
        var shell = Shell.Run("verify", _folder[name], "--json");
        Assert.Equal((0, ""), (shell.Code, shell.Error));
        Assert.True(shell.Json.GetProperty("ok").GetBoolean());
        Assert.Empty(shell.Json.GetProperty("problems").EnumerateArray());
    }

    [Theory]
    [InlineData("set", "targets.safetensors")]
    [InlineData("set", "train/metadata.csv")]
    [InlineData("latents", "latents.json")]
    public void Verify_ByteChanged_3AndTheProblem(string name, string file)
    {
        FlipLastByte(Path.Combine(_folder[name], file));
        var shell = Shell.Run("verify", _folder[name], "--json");
        Assert.Equal(3, shell.Code);
        Assert.False(shell.Json.GetProperty("ok").GetBoolean());
        Assert.NotEmpty(shell.Json.GetProperty("problems").EnumerateArray());
        Assert.StartsWith("ddoq: ", shell.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_DamagedCodebook_3()
    {
        FlipLastByte(_folder["book.safetensors"]);
        Assert.Equal(3, Shell.Run("verify", _folder["book.safetensors"]).Code);
    }

    [Fact]
    public void Verify_NothingToVerify_3() => Assert.Equal(3, Shell.Run("verify", Path.Combine(_folder["set"], "targets.safetensors")).Code);

    [Fact]
    public void Inspect_FolderOfClasses_ItsNumbers()
    {
        var json = Shell.Run("inspect", Path.Combine(_folder["set"], "train"), "--json").Json;
        Assert.Equal(("dataset", 2, 2), (json.GetProperty("kind").GetString(), json.GetProperty("images").GetInt32(), json.GetProperty("height").GetInt32()));
        Assert.Equal(["0_cat", "1_dog"], json.GetProperty("classes").EnumerateArray().Select(c => c.GetProperty("name").GetString()!));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    public void Inspect_NoName_2(string name) => Assert.Equal(2, Shell.Run("inspect", name).Code);

    [Theory]
    [InlineData("inspect")]
    [InlineData("verify")]
    public void InspectOrVerify_NothingThere_3AndSaysSo(string verb)
    {
        var shell = Shell.Run(verb, _folder["absent"]);
        Assert.Equal(3, shell.Code);
        Assert.Contains("absent", shell.Error, StringComparison.Ordinal);
    }

    private static void FlipLastByte(string path)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 0x40;
        File.WriteAllBytes(path, bytes);
    }
}
