using Ddoq.Datasets;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Checkpoints;

public sealed class ModelFolderTests : IDisposable
{
    private static readonly ImageShape Image = new(1, 8, 8);
    private static readonly ClassifierSettings Settings = new("convnet", 1, 8, 8, ["a", "b"], 4, 1, [0.5f], [0.25f], "toy", "f", 1, 7, 0.5);
    private readonly TemporaryFolder _folder = new();
    private readonly ConvNet _network = Network().WithTorchDefaults(new SeedSequence(1));

    public ModelFolderTests() => ModelFolder.Write(_folder.Path, "teacher", Settings, _network);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void LoadInto_WrittenModel_HasTheRoundedWeightsAndSettings()
    {
        using var scope = NewDisposeScope();
        var model = ModelFolder.Open(_folder.Path, "teacher");
        var loaded = model.LoadInto(Network());
        foreach (var (name, value) in _network.state_dict())
            Agreement.RequireSameBits(loaded.state_dict()[name], value.to(ScalarType.Float16).to(ScalarType.Float32), name);
        Assert.All(loaded.parameters(), p => Assert.False(p.requires_grad));
        Assert.False(loaded.training);
        var settings = model.Settings<ClassifierSettings>();
        Assert.Equal(Settings with { Classes = settings.Classes, Mean = settings.Mean, Std = settings.Std }, settings);
        Assert.Equal(Settings.Classes, settings.Classes);
    }

    [Fact]
    public void Hash_ChangesWithWeightsAndWithConfiguration()
    {
        var first = ModelFolder.Open(_folder.Path, "teacher").Hash;
        ModelFolder.Write(_folder.Path, "teacher", Settings, _network);
        Assert.Equal(first, ModelFolder.Open(_folder.Path, "teacher").Hash);
        ModelFolder.Write(_folder.Path, "teacher", Settings with { Epochs = 2 }, _network);
        var second = ModelFolder.Open(_folder.Path, "teacher").Hash;
        ModelFolder.Write(_folder.Path, "teacher", Settings, Network().WithTorchDefaults(new SeedSequence(2)));
        Assert.Equal(3, new[] { first, second, ModelFolder.Open(_folder.Path, "teacher").Hash }.Distinct().Count());
    }

    [Fact]
    public void Open_NoModel_SaysWhatIsExpected()
    {
        using var empty = new TemporaryFolder();
        Assert.Contains("it has no model.json", Refused(() => ModelFolder.Open(empty.Path, "vae")));
        Assert.Contains("expected a model of kind 'vae', found 'teacher'", Refused(() => ModelFolder.Open(_folder.Path, "vae")));
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2", "version '2'")]
    [InlineData("\"version\": 1", "\"version\": \"new\"", "version 'new'")]
    [InlineData("\"version\": 1", "\"version\": [1]", "expected format ddoq-model version 1")]
    [InlineData("\"format\": \"ddoq-model\"", "\"format\": 3", "format '3'")]
    [InlineData("\"kind\": \"teacher\"", "\"kind\": {}", "expected a model of kind 'teacher'")]
    [InlineData("\"kind\": \"teacher\",", "\"kind\": \"teacher\", \"kind\": \"vae\",", "is not valid JSON")]
    [InlineData("{", "[", "is not valid JSON")]
    [InlineData("\"channels\": 1", "\"channels\": \"one\"", "setting")]
    [InlineData("\"channels\": 1,", "", "channels")]
    [InlineData("\"trained_on\": \"toy\"", "\"trained_on\": null", "trained_on")]
    public void Settings_DamagedConfiguration_IsRefusedInWords(string found, string replacement, string expected)
    {
        var text = File.ReadAllText(_folder["model.json"]);
        Assert.Contains(found, text);
        var at = text.IndexOf(found, StringComparison.Ordinal);
        File.WriteAllText(_folder["model.json"], text[..at] + replacement + text[(at + found.Length)..]);
        Assert.Contains(expected, Refused(() => ModelFolder.Open(_folder.Path, "teacher").Settings<ClassifierSettings>()), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void LoadInto_KeysOfAnotherModel_ListsEveryOne()
    {
        var writer = new SafetensorsWriter();
        foreach (var (name, value) in _network.state_dict())
            if (name != "classifier.bias") writer.Add(name, value.ToFloats(), name == "features.1.weight" ? [2, 2] : value.shape);
        writer.Add("features.9.weight", new float[3], 3).Write(_folder["model.safetensors"], replace: true);
        var message = Refused(Load);
        Assert.Contains("missing classifier.bias [2]", message);
        Assert.Contains("unexpected features.9.weight [3]", message);
        Assert.Contains("features.1.weight: expected [4], found [2, 2]", message);
    }

    [Fact]
    public void LoadInto_NaNWeight_NamesTensorAndElement()
    {
        var writer = new SafetensorsWriter();
        foreach (var (name, value) in _network.state_dict())
        {
            var values = value.ToFloats();
            if (name == "features.0.weight") values[5] = float.NaN;
            writer.Add(name, values, value.shape);
        }
        writer.Write(_folder["model.safetensors"], replace: true);
        Assert.Contains("tensor 'features.0.weight', element 5: NaN is not finite", Refused(Load));
    }

    [Fact]
    public void LoadInto_MissingOrTruncatedWeights_IsRefused()
    {
        var bytes = File.ReadAllBytes(_folder["model.safetensors"]);
        File.WriteAllBytes(_folder["model.safetensors"], bytes[..^7]);
        Assert.Contains("truncated", Refused(Load));
        File.Delete(_folder["model.safetensors"]);
        Assert.Contains("model.safetensors", Refused(Load));
    }

    [Theory]
    [InlineData(70_000f)]
    [InlineData(float.NaN)]
    public void Write_ValueThatHalfPrecisionCannotHold_IsRefusedBeforeTheFileChanges(float value)
    {
        var before = File.ReadAllBytes(_folder["model.safetensors"]);
        using (no_grad()) _network.parameters().First().fill_(value);
        var failure = Assert.Throws<WorkFailedException>(() => Weights.Write(_folder["model.safetensors"], _network, half: true));
        Assert.Contains("features.0.weight", failure.Message);
        Assert.Equal(before, File.ReadAllBytes(_folder["model.safetensors"]));
    }

    private static ConvNet Network() => new(new ConvNetShape(Image, 2, Width: 4, Depth: 1));

    private void Load() => ModelFolder.Open(_folder.Path, "teacher").LoadInto(Network());

    private static string Refused(Action action) => Assert.Throws<BadInputException>(action).Message;
}
