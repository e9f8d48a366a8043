using System.Runtime.InteropServices;
using Ddoq.Formats;

namespace Ddoq.Distilled;

/// <summary>How soft labels lie on disk. What students see is what was stored: logits are rounded when the form is chosen, not when they are written.</summary>
/// <param name="TopK">Logits kept per view, the largest; the others share one number that keeps their probability together. 0 keeps all.</param>
/// <param name="Bits">16: half precision. 8: 256 steps between the least and the largest logit of a view.</param>
public readonly record struct LabelStorage(int TopK = 0, int Bits = 16)
{
    private const string Values = "soft_labels", Classes = "soft_label_classes", Ranges = "soft_label_ranges";
    private const int Steps = 255;

    /// <summary>All logits in half precision.</summary>
    public static LabelStorage Whole => new(0, 16);

    /// <summary>Numbers stored per view of <paramref name="classes"/> classes: with <see cref="TopK"/>, those and the one of all others.</summary>
    public int ValuesPerView(int classes) => Keeps(classes) ? TopK + 1 : classes;

    /// <summary>Bytes per view of <paramref name="classes"/> classes.</summary>
    public int BytesPerView(int classes) => ValuesPerView(classes) * Bits / 8 + (Bits == 8 ? 2 * 2 : 0) + (Keeps(classes) ? TopK * (classes <= 256 ? 1 : 2) : 0);

    /// <summary>Refuses a form that labels over <paramref name="classes"/> classes cannot have.</summary>
    /// <exception cref="ArgumentException">More logits than classes, too many classes for 16-bit indices, or other bits than 8 and 16.</exception>
    public void Require(int classes)
    {
        if (Bits is not (8 or 16)) throw new ArgumentException($"soft labels of {Bits} bits are not known: expected 8 or 16.");
        if (TopK < 0 || TopK > classes) throw new ArgumentException($"the {TopK} largest of {classes} logits: expected 0 (all) to {classes}.");
        if (TopK > 0 && classes > ushort.MaxValue + 1) throw new ArgumentException($"{classes} classes are too many for 16-bit indices.");
    }

    /// <summary>Logits as they come back from this form, in place. Doing it twice changes nothing more.</summary>
    /// <param name="logits">M views of <paramref name="classes"/> logits.</param>
    /// <param name="classes">L.</param>
    internal void Round(Half[] logits, int classes)
    {
        if (this == Whole) return;
        for (var at = 0; at < logits.Length; at += classes)
        {
            var view = logits.AsSpan(at, classes);
            var (kept, values) = Chosen(view);
            if (Bits == 8) Quantise(values, out _, out _);
            Spread(kept, values, view);
        }
    }

    internal void Write(SafetensorsWriter writer, SoftLabels soft)
    {
        var (l, m, per) = (soft.Classes, soft.Count * soft.Views, ValuesPerView(soft.Classes));
        if (this == Whole)
        {
            writer.Add(Values, soft.Logits.ToArray(), soft.Count, soft.Views, l);
            return;
        }
        var (halves, codes, ranges, indices) = (new Half[m * per], new byte[m * per], new Half[2 * m], new ushort[m * TopK]);
        for (var v = 0; v < m; v++)
        {
            var (kept, values) = Chosen(soft.Logits.Slice(v * l, l));
            for (var k = 0; k < kept.Length; k++) indices[v * TopK + k] = (ushort)kept[k];
            if (Bits == 8) Quantise(values, out ranges[2 * v], out ranges[2 * v + 1]).CopyTo(codes, v * per);
            else values.CopyTo(halves, v * per);
        }
        if (Bits == 8) writer.Add(Values, codes, soft.Count, soft.Views, per).Add(Ranges, ranges, soft.Count, soft.Views, 2);
        else writer.Add(Values, halves, soft.Count, soft.Views, per);
        if (!Keeps(l)) return;
        if (l <= 256) writer.Add(Classes, Array.ConvertAll(indices, i => (byte)i), soft.Count, soft.Views, TopK);
        else writer.AddRaw(Classes, ElementType.UInt16, MemoryMarshal.AsBytes<ushort>(indices).ToArray(), soft.Count, soft.Views, TopK);
    }

    /// <summary>Logits of all views from the tensors of a file whose shapes were checked.</summary>
    internal Half[] Read(SafetensorsFile file, int views, int classes)
    {
        var (stored, per) = (file.ReadBytes(Values), ValuesPerView(classes));
        if (this == Whole) return MemoryMarshal.Cast<byte, Half>(stored).ToArray();
        var ranges = Bits == 8 ? MemoryMarshal.Cast<byte, Half>(file.ReadBytes(Ranges)).ToArray() : [];
        var indices = Keeps(classes) ? file.ReadBytes(Classes) : [];
        var logits = new Half[views * classes];
        for (var v = 0; v < views; v++)
        {
            var values = new Half[per];
            for (var i = 0; i < per; i++)
                values[i] = Bits == 8 ? Step(ranges[2 * v], ranges[2 * v + 1], stored[v * per + i]) : BitConverter.ToHalf(stored, 2 * (v * per + i));
            var kept = new int[Keeps(classes) ? TopK : 0];
            for (var k = 0; k < kept.Length; k++) kept[k] = classes <= 256 ? indices[v * TopK + k] : BitConverter.ToUInt16(indices, 2 * (v * TopK + k));
            if (kept.Any(i => i >= classes)) throw new ArgumentException($"view {v} names class {kept.Max()} of {classes}.");
            Spread(kept, values, logits.AsSpan(v * classes, classes));
        }
        return logits;
    }

    /// <summary>The tensors that a file of this form holds, with their shapes.</summary>
    internal IEnumerable<(string Name, ElementType Type, long[] Shape)> Tensors(long images, long views, int classes)
    {
        yield return (Values, Bits == 8 ? ElementType.UInt8 : ElementType.Float16, [images, views, ValuesPerView(classes)]);
        if (Bits == 8) yield return (Ranges, ElementType.Float16, [images, views, 2]);
        if (Keeps(classes)) yield return (Classes, classes <= 256 ? ElementType.UInt8 : ElementType.UInt16, [images, views, TopK]);
    }

    private bool Keeps(int classes) => TopK > 0 && TopK < classes;

    // The largest logits in class order, and after them log(mean(exp)) of all others, under which the others keep their probability together.
    private (int[] Kept, Half[] Values) Chosen(ReadOnlySpan<Half> view)
    {
        if (!Keeps(view.Length)) return ([], view.ToArray());
        var logits = view.ToArray();
        int[] kept = [.. Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).ThenBy(i => i).Take(TopK).Order()];
        double[] others = [.. Enumerable.Range(0, logits.Length).Except(kept).Select(i => (double)logits[i])];
        var largest = others.Max();
        var tail = largest + Math.Log(others.Average(x => Math.Exp(x - largest)));
        return (kept, [.. kept.Select(i => logits[i]), (Half)tail]);
    }

    private static void Spread(int[] kept, Half[] values, Span<Half> view)
    {
        if (kept.Length == 0)
        {
            values.CopyTo(view);
            return;
        }
        view.Fill(values[^1]);
        for (var k = 0; k < kept.Length; k++) view[kept[k]] = values[k];
    }

    // Rounds the values in place to 256 steps and gives their numbers.
    private static byte[] Quantise(Half[] values, out Half least, out Half largest)
    {
        (least, largest) = (values.Min(), values.Max());
        var (from, range) = ((double)least, (double)largest - (double)least);
        var codes = new byte[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            codes[i] = (byte)(range > 0 ? Math.Round(((double)values[i] - from) / range * Steps) : 0);
            values[i] = Step(least, largest, codes[i]);
        }
        return codes;
    }

    private static Half Step(Half least, Half largest, byte code) => (Half)((double)least + ((double)largest - (double)least) * code / Steps);
}
