using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Ddoq.Formats.PyTorch;

/// <summary>
/// Reads a Python pickle (protocols 2 to 5) of what torch.save writes: numbers, texts, lists, tuples, dictionaries, and through <see cref="TorchPickles"/> tensors. It can build nothing
/// else and runs nothing: every other name or instruction is refused by name.
/// </summary>
internal sealed class PickleMachine(Stream source)
{
    private static readonly object Mark = new();
    private readonly List<object?> _stack = [];
    private readonly Dictionary<int, object?> _memo = [];
    private readonly Dictionary<string, TorchStorage> _storages = new(StringComparer.Ordinal);

    /// <summary>Every storage that was named. Kept while reading: what was read may contain itself, so it is never walked.</summary>
    public IReadOnlyDictionary<string, TorchStorage> Storages => _storages;

    /// <summary>Reads one object, up to the end of its pickle.</summary>
    /// <exception cref="FormatException">A refused name, an unknown instruction, or damage.</exception>
    public object? Read()
    {
        while (true)
        {
            var code = Byte();
            if (code == '.') return Pop();
            Step((char)code);
        }
    }

    private void Step(char code)
    {
        switch (code)
        {
            case '\x80': Byte(); break;                                         // PROTO
            case '\x95': Take(8); break;                                        // FRAME
            case '(': _stack.Add(Mark); break;
            case '0': Pop(); break;
            case 'N': _stack.Add(null); break;
            case '\x88': _stack.Add(true); break;
            case '\x89': _stack.Add(false); break;
            case 'K': _stack.Add((long)Byte()); break;                          // BININT1
            case 'M': _stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case 'J': _stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case '\x8a': _stack.Add(Whole(Take(Byte()))); break;                // LONG1
            case 'G': _stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case 'X': _stack.Add(Text(Length())); break;                        // BINUNICODE
            case '\x8c': _stack.Add(Text(Byte())); break;                       // SHORT_BINUNICODE
            case 'U' or 'C': _stack.Add(Text(Byte())); break;                   // short byte strings: keys of old files
            case '}': _stack.Add(new Dictionary<object, object?>()); break;
            case ']': _stack.Add(new List<object?>()); break;
            case ')': _stack.Add(Array.Empty<object?>()); break;
            case '\x85': Tuple(1); break;
            case '\x86': Tuple(2); break;
            case '\x87': Tuple(3); break;
            case 't': _stack.Add(PopToMark()); break;
            case 'a': Append(Pop()); break;
            case 'e': foreach (var item in PopToMark()) Append(item); break;
            case 's': { var value = Pop(); Set([Pop(), value]); break; }
            case 'u': Set(PopToMark()); break;
            case 'q': _memo[Byte()] = Top(); break;
            case 'r': _memo[Length()] = Top(); break;
            case '\x94': _memo[_memo.Count] = Top(); break;                     // MEMOIZE
            case 'h': _stack.Add(Remembered(Byte())); break;
            case 'j': _stack.Add(Remembered(Length())); break;
            case 'c': _stack.Add(TorchPickles.Named(Line(), Line())); break;    // GLOBAL
            case '\x93': { var name = Pop() as string; _stack.Add(TorchPickles.Named(Pop() as string ?? "", name ?? "")); break; }
            case 'Q': _stack.Add(Named(TorchPickles.Storage(Pop()))); break;    // BINPERSID
            case 'R' or '\x81': { var arguments = Pop(); _stack.Add(TorchPickles.Build(Pop(), arguments)); break; }
            case 'b': { var state = Pop(); if (Top() is PickleObject kept) kept.State = state; break; } // attributes of a dictionary are dropped
            default: throw new FormatException($"instruction 0x{(int)code:x2} is not one that weights need");
        }
    }

    private TorchStorage Named(TorchStorage storage)
    {
        if (!_storages.TryAdd(storage.Key, storage) && _storages[storage.Key] != storage) throw new FormatException($"storage {storage.Key} is described in two ways");
        return storage;
    }

    private void Tuple(int count)
    {
        if (_stack.Count < count) throw Damaged();
        var items = _stack.GetRange(_stack.Count - count, count).ToArray();
        _stack.RemoveRange(_stack.Count - count, count);
        _stack.Add(items);
    }

    private object?[] PopToMark()
    {
        var at = _stack.LastIndexOf(Mark);
        if (at < 0) throw Damaged();
        var items = _stack.GetRange(at + 1, _stack.Count - at - 1).ToArray();
        _stack.RemoveRange(at, _stack.Count - at);
        return items;
    }

    private void Append(object? item) => (Top() as List<object?> ?? throw Damaged()).Add(item);

    private void Set(object?[] pairs)
    {
        if (Top() is not Dictionary<object, object?> target || pairs.Length % 2 != 0) throw Damaged();
        for (var i = 0; i < pairs.Length; i += 2) target[pairs[i] is string or long or bool or double ? pairs[i]! : throw new FormatException("a key is neither text nor number")] = pairs[i + 1];
    }

    private object? Top() => _stack.Count > 0 ? _stack[^1] : throw Damaged();

    private object? Pop()
    {
        var top = Top();
        _stack.RemoveAt(_stack.Count - 1);
        return ReferenceEquals(top, Mark) ? throw Damaged() : top;
    }

    private object? Remembered(int key) => _memo.TryGetValue(key, out var value) ? value : throw Damaged();

    private static object Whole(ReadOnlySpan<byte> bytes)
    {
        var value = new BigInteger(bytes);
        return value >= long.MinValue && value <= long.MaxValue ? (long)value : value;
    }

    private string Text(int length) => Encoding.UTF8.GetString(Take(length));

    private string Line()
    {
        var text = new StringBuilder();
        for (var c = Byte(); c != '\n'; c = Byte())
            if (text.Append((char)c).Length > 1000) throw Damaged();
        return text.ToString();
    }

    private int Length() => BinaryPrimitives.ReadInt32LittleEndian(Take(4)) is >= 0 and var length ? length : throw Damaged();

    private byte Byte() => source.ReadByte() is >= 0 and var value ? (byte)value : throw new FormatException("it ends in the middle");

    private byte[] Take(int count)
    {
        // Grows with what is there, so that a false length costs nothing.
        using var taken = new MemoryStream();
        var buffer = new byte[Math.Min(count, 65536)];
        while (taken.Length < count)
        {
            var read = source.Read(buffer, 0, (int)Math.Min(buffer.Length, count - taken.Length));
            if (read == 0) throw new FormatException("it ends in the middle");
            taken.Write(buffer, 0, read);
        }
        return taken.ToArray();
    }

    private static FormatException Damaged() => new("its instructions do not fit together");
}
