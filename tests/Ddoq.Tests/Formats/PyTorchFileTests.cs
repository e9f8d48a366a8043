using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Ddoq.Formats;
using Ddoq.Formats.PyTorch;
using Ddoq.Foundations;

namespace Ddoq.Tests.Formats;

/// <summary>Files of torch.save against the same contents in safetensors, and files that must be refused.</summary>
public sealed class PyTorchFileTests
{
    public static TheoryData<string, string> States => [.. new[] { ("state_zip.pth", "expected.safetensors"), ("state_legacy.pth", "expected.safetensors"), ("state_zip_protocol4.pth", "expected.safetensors"), ("state_module_metadata.pth", "state_module_metadata_expected.safetensors") }];

    [Theory]
    [Trait("golden", "formats")]
    [MemberData(nameof(States))]
    public void ReadBytes_EveryTensor_EqualsTheSafetensorsTwin(string name, string twin)
    {
        using var file = PyTorchFile.Open(Golden.File("formats", name));
        using var expected = SafetensorsFile.Open(Golden.File("formats", twin));
        var state = file.State();
        Assert.Equal(expected.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), state.Keys.Order(StringComparer.Ordinal));
        foreach (var entry in expected.Tensors)
        {
            var tensor = state[entry.Name];
            Assert.Equal(entry.Type, tensor.Storage.Type);
            Assert.Equal(entry.Shape.ToArray(), tensor.Shape);
            Assert.Equal(expected.ReadBytes(entry.Name), file.ReadBytes(tensor));
        }
    }

    [Fact]
    [Trait("golden", "formats")]
    public void Open_CheckpointOfATrainingScript_FindsEveryPart()
    {
        using var file = PyTorchFile.Open(Golden.File("formats", "checkpoint_nested.pth"));
        using var json = JsonDocument.Parse(File.ReadAllText(Golden.File("formats", "formats.json")));
        var nested = json.RootElement.GetProperty("checkpoint_nested");
        foreach (var part in new[] { "model", "ema" })
            Assert.Equal(nested.GetProperty(part).EnumerateArray().Select(k => k.GetString()!), file.State(part).Keys);
        var root = Assert.IsType<Dictionary<object, object?>>(file.Root);
        Assert.Equal(nested.GetProperty("epoch").GetInt64(), root["epoch"]);
        Assert.Equal("argparse.Namespace", Assert.IsType<PickleObject>(root["args"]).Type.ToString());
        Assert.Contains("model", Assert.Throws<BadInputException>(() => file.State("nothing")).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("golden", "formats")]
    public void Open_TensorsThatLayOnAGpu_ReadsThem()
    {
        foreach (var name in new[] { "state_cuda_tag_zip.pth", "state_cuda_tag_legacy.pth" })
        {
            using var file = PyTorchFile.Open(Golden.File("formats", name));
            using var expected = SafetensorsFile.Open(Golden.File("formats", "expected.safetensors"));
            var bytes = file.ReadBytes(file.State()["module.weight"]);
            Assert.Equal(expected.ReadFloats("module.weight"), Enumerable.Range(0, bytes.Length / 4).Select(i => BitConverter.ToSingle(bytes, 4 * i)));
        }
    }

    [Fact]
    [Trait("golden", "formats")]
    public void Open_EveryFileThatMustBeRejected_IsRefused()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Golden.File("formats", "formats.json")));
        string[] names = [.. json.RootElement.GetProperty("must_be_rejected").EnumerateArray().Select(n => n.GetString()!)];
        Assert.NotEmpty(names);
        foreach (var name in names)
        {
            var path = Golden.File("formats", name);
            var refused = Assert.Throws<BadInputException>(() => name.EndsWith(".pth", StringComparison.Ordinal) ? (IDisposable)PyTorchFile.Open(path) : SafetensorsFile.Open(path));
            Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("cos\nsystem\n(X\u0004\0\0\0truetR.", "os.system")]
    [InlineData("cbuiltins\neval\n)R.", "builtins.eval")]
    [InlineData("ctorch\nload\n)R.", "torch.load")]
    [InlineData("ccollections\nOrderedDict\n(K\u0005tR.", "OrderedDict")]
    [InlineData("I5\n.", "0x49")]
    [InlineData("h\u0007.", "fit together")]
    [InlineData("X\u00ff\u00ff\u00ff\u007fabc", "ends in the middle")]
    public void Read_AnythingButWeights_IsRefusedByName(string pickle, string named)
    {
        using var stream = new MemoryStream([0x80, 2, .. Encoding.Latin1.GetBytes(pickle)]);
        Assert.Contains(named, Assert.Throws<FormatException>(() => new PickleMachine(stream).Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ListThatContainsItself_EndsWithThatList()
    {
        using var stream = new MemoryStream([0x80, 2, .. Encoding.Latin1.GetBytes("]q\0h\0a.")]);
        var list = Assert.IsType<List<object?>>(new PickleMachine(stream).Read());
        Assert.Same(list, Assert.Single(list));
    }

    [Fact]
    public void Open_ArchiveWhosePickleContainsItself_IsReadAndHoldsNoTensors()
    {
        using var folder = new TemporaryFolder();
        WriteArchive(folder["loop.pth"], "]q\0h\0a.");
        using var file = PyTorchFile.Open(folder["loop.pth"]);
        Assert.Contains("holds no tensors", Assert.Throws<BadInputException>(() => file.State()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_StorageDescribedInTwoWays_IsRefused()
    {
        using var folder = new TemporaryFolder();
        const string storage = "(X\a\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00X\u0003\0\0\0cpuK{0}tQ";
        WriteArchive(folder["two.pth"], string.Format(System.Globalization.CultureInfo.InvariantCulture, storage, "\u0001") + "0" + string.Format(System.Globalization.CultureInfo.InvariantCulture, storage, "\u0002") + ".");
        Assert.Contains("storage 0 is described in two ways", Assert.Throws<BadInputException>(() => PyTorchFile.Open(folder["two.pth"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("golden", "formats")]
    [InlineData("state_legacy.pth")]
    [InlineData("state_zip.pth")]
    public void Open_MutatedBytes_ReadsOrRefusesButNeverFails(string name)
    {
        var original = File.ReadAllBytes(Golden.File("formats", name));
        using var folder = new TemporaryFolder();
        var draws = new SeedSequence(5).Stream("mutations");
        for (var round = 0; round < 200; round++)
        {
            var bytes = original.ToArray();
            for (var i = 0; i < 3; i++) bytes[draws.Next(bytes.Length)] = (byte)draws.Next(256);
            File.WriteAllBytes(folder["mutated.pth"], bytes);
            try
            {
                using var file = PyTorchFile.Open(folder["mutated.pth"]);
                foreach (var tensor in file.State().Values) file.ReadBytes(tensor);
            }
            catch (BadInputException e)
            {
                Assert.Contains("mutated.pth", e.Message, StringComparison.Ordinal);
            }
        }
    }

    private static void WriteArchive(string path, string pickle)
    {
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        using var entry = archive.CreateEntry("archive/data.pkl").Open();
        entry.Write([0x80, 2, .. Encoding.Latin1.GetBytes(pickle)]);
    }
}
