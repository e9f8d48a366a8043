using System.Buffers.Binary;
using System.Text.Json;

namespace Ddoq.Tests.Datasets;

/// <summary>The byte tensors of a golden safetensors file.</summary>
internal sealed class GoldenTensors
{
    private readonly byte[] _file;
    private readonly int _dataStart;
    private readonly JsonElement _header;

    private GoldenTensors(byte[] file)
    {
        _file = file;
        _dataStart = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        _header = JsonDocument.Parse(file.AsMemory(8, _dataStart - 8)).RootElement;
    }

    /// <summary>Path of a golden file; skips the test where the golden data are absent.</summary>
    public static string PathOf(params string[] parts)
    {
        var folder = Environment.GetEnvironmentVariable("DDOQ_GOLDEN") ?? Path.Combine(RepositoryRoot(), "..", "shared", "golden");
        if (!Directory.Exists(folder)) Assert.Skip($"no golden data in '{folder}'; set DDOQ_GOLDEN.");
        return Path.Combine([folder, .. parts]);
    }

    public static GoldenTensors Read(params string[] parts) => new(File.ReadAllBytes(PathOf(parts)));

    public IEnumerable<string> Names => _header.EnumerateObject().Select(p => p.Name).Where(n => n != "__metadata__");

    /// <summary>An H x W x C byte tensor as C x H x W.</summary>
    public (Ddoq.Datasets.ImageShape Shape, byte[] Pixels) Image(string name)
    {
        var entry = _header.GetProperty(name);
        Assert.Equal("U8", entry.GetProperty("dtype").GetString());
        var sizes = entry.GetProperty("shape").EnumerateArray().Select(e => e.GetInt32()).ToArray();
        var start = _dataStart + entry.GetProperty("data_offsets")[0].GetInt32();
        var shape = new Ddoq.Datasets.ImageShape(sizes[2], sizes[0], sizes[1]);
        var planes = new byte[shape.Size];
        for (var i = 0; i < planes.Length; i++)
            planes[i % shape.Channels * (shape.Height * shape.Width) + i / shape.Channels] = _file[start + i];
        return (shape, planes);
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Ddoq.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? AppContext.BaseDirectory;
    }
}
