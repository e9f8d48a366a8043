using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Ddoq.Formats;
using Ddoq.Formats.PyTorch;
using Ddoq.Foundations;

namespace Ddoq.Neural.Checkpoints;

/// <summary>Named tensors on disk: a safetensors file, or one of torch.save (.pt, .pth, .bin), of which a training script's averaged weights ("ema") come first.</summary>
internal sealed class WeightsFile : IDisposable
{
    private readonly SafetensorsFile? _safetensors;
    private readonly PyTorchFile? _torch;
    private readonly IReadOnlyDictionary<string, TorchTensor> _state = new Dictionary<string, TorchTensor>();

    private WeightsFile(string path)
    {
        Path = path;
        if (System.IO.Path.GetExtension(path) is not (".pt" or ".pth" or ".bin"))
        {
            _safetensors = SafetensorsFile.Open(path);
            Tensors = [.. _safetensors.Tensors.Select(t => (t.Name, (IReadOnlyList<long>)t.Shape))];
            return;
        }
        _torch = PyTorchFile.Open(path);
        var parts = _torch.Root as Dictionary<object, object?> ?? [];
        _state = _torch.State(new[] { "ema", "state_dict", "model" }.FirstOrDefault(p => parts.GetValueOrDefault(p) is Dictionary<object, object?>));
        Tensors = [.. _state.Select(t => (t.Key, t.Value.Shape))];
    }

    public string Path { get; }

    public IReadOnlyList<(string Name, IReadOnlyList<long> Shape)> Tensors { get; }

    /// <exception cref="BadInputException">Missing, damaged, or not a file of weights.</exception>
    public static WeightsFile Open(string path) => new(path);

    /// <summary>All elements as float32, row-major.</summary>
    /// <exception cref="BadInputException">No float type.</exception>
    public float[] ReadFloats(string name) => _safetensors is not null ? _safetensors.ReadFloats(name) : Widen(name, _state[name]);

    public void Dispose()
    {
        _safetensors?.Dispose();
        _torch?.Dispose();
    }

    private float[] Widen(string name, TorchTensor tensor)
    {
        ReadOnlySpan<byte> bytes = _torch!.ReadBytes(tensor);
        var values = new float[tensor.Count];
        switch (tensor.Storage.Type)
        {
            case ElementType.Float32: MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values); break;
            case ElementType.Float16: TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), values); break;
            case ElementType.Float64: TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(bytes), values.AsSpan()); break;
            case ElementType.BFloat16:
                var upper = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (var i = 0; i < values.Length; i++) values[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
                break;
            default: throw new BadInputException($"'{Path}', tensor '{name}': expected floats, found {tensor.Storage.Type}. Use the weights of a float model.");
        }
        return values;
    }
}
