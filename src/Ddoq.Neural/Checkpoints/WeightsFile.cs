using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Ddoq.Formats;
using Ddoq.Formats.PyTorch;
using Ddoq.Foundations;

namespace Ddoq.Neural.Checkpoints;

/// <summary>Named tensors on disk, whatever the format. Elements are read tensor by tensor.</summary>
internal abstract class WeightsFile(string path) : IDisposable
{
    private const string IndexEnding = ".index.json";

    public string Path { get; } = path;

    public abstract IReadOnlyList<(string Name, IReadOnlyList<long> Shape)> Tensors { get; }

    /// <summary>A safetensors file, one of torch.save (.pt, .pth, .bin), or the index of several (.index.json).</summary>
    /// <exception cref="BadInputException">Missing, damaged, or not a file of weights.</exception>
    public static WeightsFile Open(string path) =>
        path.EndsWith(IndexEnding, StringComparison.Ordinal) ? new ShardedWeights(path)
        : System.IO.Path.GetExtension(path) is ".pt" or ".pth" or ".bin" ? new TorchWeights(path)
        : new SafetensorsWeights(path);

    /// <summary>All files that belong to one path: itself, and the shards of an index.</summary>
    public static IReadOnlyList<string> FilesOf(string path) => path.EndsWith(IndexEnding, StringComparison.Ordinal) ? [path, .. ShardIndex.Open(path).Shards] : [path];

    /// <summary>All elements as float32, row-major, into <paramref name="destination"/>, which has the tensor's size.</summary>
    /// <exception cref="BadInputException">No float type.</exception>
    public abstract void ReadFloats(string name, Span<float> destination);

    /// <summary>All elements as float32, row-major.</summary>
    /// <exception cref="BadInputException">No float type.</exception>
    public float[] ReadFloats(string name)
    {
        var values = new float[Tensors.First(t => t.Name == name).Shape.Aggregate(1L, (a, b) => a * b)];
        ReadFloats(name, values);
        return values;
    }

    /// <summary>All elements of an integer tensor, row-major.</summary>
    /// <exception cref="BadInputException">No integer type.</exception>
    public abstract long[] ReadInt64(string name);

    public abstract void Dispose();

    private sealed class SafetensorsWeights : WeightsFile
    {
        private readonly SafetensorsFile _file;

        public SafetensorsWeights(string path) : base(path)
        {
            _file = SafetensorsFile.Open(path);
            Tensors = [.. _file.Tensors.Select(t => (t.Name, (IReadOnlyList<long>)t.Shape))];
        }

        public override IReadOnlyList<(string Name, IReadOnlyList<long> Shape)> Tensors { get; }

        public override void ReadFloats(string name, Span<float> destination) => _file.ReadFloats(name, 0, destination);

        public override long[] ReadInt64(string name) => _file.ReadInt64(name);

        public override void Dispose() => _file.Dispose();
    }

    // Of a training script's checkpoint the averaged weights ("ema") come first.
    private sealed class TorchWeights : WeightsFile
    {
        private readonly PyTorchFile _file;
        private readonly IReadOnlyDictionary<string, TorchTensor> _state;

        public TorchWeights(string path) : base(path)
        {
            _file = PyTorchFile.Open(path);
            var parts = _file.Root as Dictionary<object, object?> ?? [];
            _state = _file.State(new[] { "ema", "state_dict", "model" }.FirstOrDefault(p => parts.GetValueOrDefault(p) is Dictionary<object, object?>));
            Tensors = [.. _state.Select(t => (t.Key, t.Value.Shape))];
        }

        public override IReadOnlyList<(string Name, IReadOnlyList<long> Shape)> Tensors { get; }

        public override void ReadFloats(string name, Span<float> destination)
        {
            ReadOnlySpan<byte> bytes = _file.ReadBytes(_state[name]);
            switch (_state[name].Storage.Type)
            {
                case ElementType.Float32: MemoryMarshal.Cast<byte, float>(bytes).CopyTo(destination); break;
                case ElementType.Float16: TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), destination); break;
                case ElementType.Float64: TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(bytes), destination); break;
                case ElementType.BFloat16:
                    var upper = MemoryMarshal.Cast<byte, ushort>(bytes);
                    for (var i = 0; i < destination.Length; i++) destination[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
                    break;
                default: throw Unexpected(name, "floats", "Use the weights of a float model");
            }
        }

        public override long[] ReadInt64(string name) => _state[name].Storage.Type == ElementType.Int64
            ? MemoryMarshal.Cast<byte, long>(_file.ReadBytes(_state[name])).ToArray()
            : throw Unexpected(name, "int64", "Save the state of such a model again");

        public override void Dispose() => _file.Dispose();

        private BadInputException Unexpected(string name, string expected, string advice) =>
            new($"'{Path}', tensor '{name}': expected {expected}, found {_state[name].Storage.Type}. {advice}.");
    }

    private sealed class ShardedWeights : WeightsFile
    {
        private readonly Dictionary<string, WeightsFile> _shardOf = [];
        private readonly List<WeightsFile> _shards = [];

        public ShardedWeights(string path) : base(path)
        {
            var index = ShardIndex.Open(path);
            try
            {
                foreach (var shard in index.Shards) _shards.Add(Open(shard));
                foreach (var (shard, (name, _)) in _shards.SelectMany(s => s.Tensors.Select(t => (s, t))))
                    if (!_shardOf.TryAdd(name, shard)) throw new BadInputException($"'{path}': tensor '{name}' is in '{_shardOf[name].Path}' and in '{shard.Path}'; expected one of them. Download the model again.");
                index.RequireHolds(_shardOf.ToDictionary(s => s.Key, s => s.Value.Path));
                Tensors = [.. _shards.SelectMany(s => s.Tensors)];
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public override IReadOnlyList<(string Name, IReadOnlyList<long> Shape)> Tensors { get; }

        public override void ReadFloats(string name, Span<float> destination) => _shardOf[name].ReadFloats(name, destination);

        public override long[] ReadInt64(string name) => _shardOf[name].ReadInt64(name);

        public override void Dispose()
        {
            foreach (var shard in _shards) shard.Dispose();
        }
    }
}
