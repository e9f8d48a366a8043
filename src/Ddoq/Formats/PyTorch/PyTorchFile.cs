using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Numerics;
using Ddoq.Foundations;

namespace Ddoq.Formats.PyTorch;

/// <summary>
/// A file of torch.save (.pt, .pth, .bin): a zip archive, or the layout before PyTorch 1.6. Only tensors and plain containers are built, nothing in it is ever run
/// (<see cref="PickleMachine"/>). Opening reads the structure; elements are read tensor by tensor. Not safe from several threads.
/// </summary>
public sealed class PyTorchFile : IDisposable
{
    private static readonly BigInteger LegacyMagic = BigInteger.Parse("1950a86a20f9469cfc6c", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private readonly FileStream _file;
    private readonly ZipArchive? _archive;
    private readonly string _prefix = "";
    private readonly Dictionary<string, long> _starts = [];

    private PyTorchFile(string path, FileStream file)
    {
        (Path, _file) = (path, file);
        Span<byte> head = stackalloc byte[2];
        if (_file.ReadAtLeast(head, 2, throwOnEndOfStream: false) < 2) throw new FormatException("it is empty");
        _file.Position = 0;
        if (head is [(byte)'P', (byte)'K'])
        {
            _archive = new ZipArchive(_file, ZipArchiveMode.Read, leaveOpen: true);
            var pickle = _archive.Entries.SingleOrDefault(e => e.Name == "data.pkl") ?? throw new FormatException("the archive holds no data.pkl");
            _prefix = pickle.FullName[..^"data.pkl".Length];
            using var stream = pickle.Open();
            var machine = new PickleMachine(stream);
            Root = machine.Read();
            RequireStorages(machine.Storages.Values);
        }
        else Root = ReadLegacy();
    }

    /// <summary>Path as given.</summary>
    public string Path { get; }

    /// <summary>The object that was saved: dictionaries, lists, arrays for tuples, numbers, texts, <see cref="TorchTensor"/>, <see cref="PickleObject"/>.</summary>
    public object? Root { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="BadInputException">Missing, damaged, or asking for more than weights need; the message says what.</exception>
    public static PyTorchFile Open(string path)
    {
        if (!File.Exists(path)) throw new BadInputException($"'{path}' does not exist. Expected a file of torch.save.");
        var file = File.OpenRead(path);
        try
        {
            return OrRefused(path, () => new PyTorchFile(path, file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The tensors of a state: those of the dictionary under <paramref name="part"/> ("ema", "model"), or of the whole file if null.</summary>
    /// <exception cref="BadInputException">No such part, or no tensors in it; the message lists what is there.</exception>
    public IReadOnlyDictionary<string, TorchTensor> State(string? part = null)
    {
        var found = part is null ? Root : (Root as Dictionary<object, object?>)?.GetValueOrDefault(part);
        var tensors = (found as Dictionary<object, object?>)?.Where(p => p is { Key: string, Value: TorchTensor }).ToDictionary(p => (string)p.Key, p => (TorchTensor)p.Value!);
        if (tensors is { Count: > 0 }) return tensors;
        var there = Root is Dictionary<object, object?> root ? string.Join(", ", root.Keys.Take(10)) : "no dictionary";
        throw new BadInputException($"'{Path}' holds no tensors{(part is null ? "" : $" under '{part}'")}: found {there}. Save a state_dict.");
    }

    /// <summary>The elements of a tensor in row-major order, as they lie on disk (little-endian).</summary>
    /// <exception cref="BadInputException">The file ends before them or is damaged there, or they are more than an array holds.</exception>
    public byte[] ReadBytes(TorchTensor tensor) => OrRefused(Path, () => Gather(tensor));

    private byte[] Gather(TorchTensor tensor)
    {
        var size = tensor.Storage.Type.Size();
        if (tensor.Count > Array.MaxLength / size) throw new FormatException($"a tensor of [{string.Join(", ", tensor.Shape)}] is larger than what can be read at once");
        var storage = ReadStorage(tensor.Storage);
        var result = new byte[tensor.Count * size];
        var index = new long[tensor.Shape.Count];
        for (var at = 0; at < result.Length; at += size)
        {
            var element = tensor.Offset;
            for (var d = 0; d < index.Length; d++) element += index[d] * tensor.Strides[d];
            storage.AsSpan((int)(element * size), size).CopyTo(result.AsSpan(at));
            for (var d = index.Length - 1; d >= 0 && ++index[d] == tensor.Shape[d]; d--) index[d] = 0;
        }
        return result;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _archive?.Dispose();
        _file.Dispose();
    }

    private byte[] ReadStorage(TorchStorage storage)
    {
        var size = storage.Type.Size();
        if (storage.Count > Array.MaxLength / size) throw new FormatException($"storage {storage.Key} is larger than what can be read at once");
        var bytes = new byte[storage.Count * size];
        if (_archive is null)
        {
            _file.Position = _starts[storage.Key];
            _file.ReadExactly(bytes);
            return bytes;
        }
        using var stream = EntryOf(storage).Open();
        stream.ReadExactly(bytes);
        return bytes;
    }

    private ZipArchiveEntry EntryOf(TorchStorage storage) => _archive!.GetEntry($"{_prefix}data/{storage.Key}") ?? throw new FormatException($"storage {storage.Key} is missing");

    private void RequireStorages(IEnumerable<TorchStorage> storages)
    {
        foreach (var storage in storages)
            if (EntryOf(storage).Length is var length && checked(storage.Count * storage.Type.Size()) is var expected && length != expected)
                throw new FormatException($"storage {storage.Key} has {length} bytes, expected {expected}");
    }

    // Magic number, version, system, the object, the keys of the storages, then each storage behind its number of elements.
    private object? ReadLegacy()
    {
        if (Whole(new PickleMachine(_file).Read()) != LegacyMagic || Whole(new PickleMachine(_file).Read()) != 1001)
            throw new FormatException("it begins neither as a zip archive nor as PyTorch's older layout");
        new PickleMachine(_file).Read();
        var machine = new PickleMachine(_file);
        var root = machine.Read();
        var storages = machine.Storages;
        Span<byte> count = stackalloc byte[8];
        foreach (var key in (new PickleMachine(_file).Read() as List<object?> ?? []).OfType<string>())
        {
            _file.ReadExactly(count);
            if (!storages.TryGetValue(key, out var storage)) throw new FormatException($"storage {key} belongs to no tensor");
            if (BinaryPrimitives.ReadInt64LittleEndian(count) != storage.Count) throw new FormatException($"storage {key} has another size than its tensors say");
            _starts[key] = _file.Position;
            _file.Position = checked(_file.Position + storage.Count * storage.Type.Size());
            if (_file.Position > _file.Length) throw new FormatException("it ends in the middle");
        }
        return storages.Keys.FirstOrDefault(k => !_starts.ContainsKey(k)) is { } missing ? throw new FormatException($"storage {missing} is missing") : root;
    }

    private static BigInteger Whole(object? value) => value switch { long small => small, BigInteger large => large, _ => -1 };

    // Whatever damage does to the reading, the user is told of the file.
    private static T OrRefused<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or OverflowException or EndOfStreamException or InvalidOperationException)
        {
            throw new BadInputException($"'{path}' is no file of weights: {e.Message.TrimEnd('.')}. Copy it again, or save the state_dict alone with torch.save or safetensors.", e);
        }
    }
}
