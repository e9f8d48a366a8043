using System.Numerics;

namespace Ddoq.Quantization;

/// <summary>The numbers of the bits that are set, in order; for foreach.</summary>
/// <param name="words">64 bits each.</param>
internal ref struct Bits(ReadOnlySpan<ulong> words)
{
    private readonly ReadOnlySpan<ulong> _words = words;
    private ulong _rest = words[0];
    private int _word;

    public int Current { get; private set; }

    public readonly Bits GetEnumerator() => this;

    public bool MoveNext()
    {
        while (_rest == 0)
        {
            if (++_word >= _words.Length) return false;
            _rest = _words[_word];
        }
        Current = _word * 64 + BitOperations.TrailingZeroCount(_rest);
        _rest &= _rest - 1;
        return true;
    }
}
