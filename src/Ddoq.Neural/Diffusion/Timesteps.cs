using System.Globalization;
using Ddoq.Foundations;

namespace Ddoq.Neural.Diffusion;

/// <summary>How a few timesteps are spread over all of them (Lin et al. 2024, table 2).</summary>
public enum TimestepSpacing
{
    /// <summary>Multiples of a whole stride, from 0 (plus an offset).</summary>
    Leading,

    /// <summary>Strides down from the last timestep.</summary>
    Trailing,

    /// <summary>First and last timestep, and evenly between.</summary>
    Linspace,
}

/// <summary>Tables of falling timesteps as the public schedulers make them, rounding half to even.</summary>
public static class Timesteps
{
    /// <summary>Of DDPM, DDIM and PNDM. Trailing and linspace have no offset.</summary>
    public static int[] Spread(TimestepSpacing spacing, int total, int count, int offset = 0) => spacing switch
    {
        TimestepSpacing.Leading => Falling(count, i => i * (total / count) + offset),
        TimestepSpacing.Trailing => Trailing(total, count),
        _ => Falling(count, i => count == 1 ? 0 : i * ((total - 1.0) / (count - 1))),
    };

    /// <summary>Of DPM-Solver: as <see cref="Spread"/> with one more timestep, of which the lowest is left to the end of the last step.</summary>
    public static int[] SpreadOpen(TimestepSpacing spacing, int total, int count, int offset = 0) => spacing switch
    {
        TimestepSpacing.Leading => Falling(count + 1, i => i * (total / (count + 1)) + offset)[..^1],
        TimestepSpacing.Trailing => Trailing(total, count),
        _ => Falling(count + 1, i => i * ((total - 1.0) / count))[..^1],
    };

    /// <summary>Steps that are left out at the beginning where a run starts from a noised image: count - min(int(count strength), count).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Strength outside [0, 1].</exception>
    public static int FirstAt(int count, double strength)
    {
        if (!(strength is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(strength), strength, "0 to 1");
        return count - Math.Min((int)(count * strength), count);
    }

    /// <summary>The respacing of DiT and its ancestors: "" (all), "50", "10,15,20" (so many from each section) or "ddim25" (whole strides). Falling.</summary>
    /// <exception cref="BadInputException">No such spacing.</exception>
    public static int[] Respaced(string spacing, int total)
    {
        if (spacing.Length == 0) return Falling(total, i => i);
        if (spacing.StartsWith("ddim", StringComparison.Ordinal)) return WholeStrides(Count(spacing[4..], spacing), total);
        int[] counts = [.. spacing.Split(',').Select(c => Count(c, spacing))];
        var (kept, start) = (new List<int>(), 0);
        for (var i = 0; i < counts.Length; i++)
        {
            var size = total / counts.Length + (i < total % counts.Length ? 1 : 0);
            if (counts[i] > size) throw new BadInputException($"timestep respacing '{spacing}' takes {counts[i]} of {size} timesteps. Ask for fewer.");
            kept.AddRange(Section(start, size, counts[i]));
            start += size;
        }
        kept.Reverse();
        return [.. kept];
    }

    private static IEnumerable<int> Section(int start, int size, int count)
    {
        var (at, stride) = (0.0, count == 1 ? 1 : (size - 1.0) / (count - 1));
        for (var i = 0; i < count; i++, at += stride) yield return start + (int)Math.Round(at);
    }

    private static int[] WholeStrides(int count, int total)
    {
        for (var stride = 1; stride < total; stride++)
            if ((total + stride - 1) / stride == count) return Falling(count, i => i * stride);
        throw new BadInputException($"no whole stride takes {count} of {total} timesteps. Ask for another number.");
    }

    private static int Count(string text, string spacing) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new BadInputException($"timestep respacing '{spacing}' is unknown: expected counts like 50, 10,15,20 or ddim25.");

    private static int[] Trailing(int total, int count)
    {
        var stride = (double)total / count;
        return [.. Enumerable.Range(0, count).Select(i => (int)Math.Round(total - i * stride) - 1)];
    }

    private static int[] Falling(int count, Func<int, double> rising) => [.. Enumerable.Range(0, count).Select(i => (int)Math.Round(rising(count - 1 - i)))];
}
