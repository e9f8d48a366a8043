using Ddoq.Datasets;
using Ddoq.Formats;

namespace Ddoq.Tests.Datasets;

/// <summary>The H x W x C byte tensors of a golden file, as C x H x W images.</summary>
internal sealed class GoldenImages : IDisposable
{
    private readonly SafetensorsFile _file = SafetensorsFile.Open(Golden.File("preprocess", "preprocess_io.safetensors"));

    public IEnumerable<string> Names => _file.Tensors.Select(t => t.Name);

    public (ImageShape Shape, byte[] Pixels) this[string name]
    {
        get
        {
            var sizes = _file.Find(name).Shape;
            var shape = new ImageShape((int)sizes[2], (int)sizes[0], (int)sizes[1]);
            var (interleaved, planes) = (_file.ReadBytes(name), new byte[shape.Size]);
            for (var i = 0; i < planes.Length; i++)
                planes[i % shape.Channels * (shape.Height * shape.Width) + i / shape.Channels] = interleaved[i];
            return (shape, planes);
        }
    }

    public void Dispose() => _file.Dispose();
}
