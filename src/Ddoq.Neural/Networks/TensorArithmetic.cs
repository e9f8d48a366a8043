using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>
/// Arithmetic of tensors and numbers, bit for bit that of TorchSharp's operators. Those turn each number (and the factor 1 of b in a + b) into a Scalar that the garbage
/// collector may free while native code still reads it (decision 0005). Here each is held until the call has returned.
/// Whole numbers are long, so that tensors of integers stay such.
/// </summary>
internal static class TensorArithmetic
{
    // For the many plain sums and squares: they last as long as the process.
    private static readonly Scalar One = 1, Two = 2;

    /// <summary>a + b.</summary>
    public static Tensor Plus(this Tensor a, Tensor b) => a.add(b, One);

    /// <summary>a + factor b.</summary>
    public static Tensor Plus(this Tensor a, Tensor b, double factor)
    {
        using Scalar held = factor;
        return a.add(b, held);
    }

    /// <summary>a + number.</summary>
    public static Tensor Plus(this Tensor a, double number)
    {
        using Scalar held = number;
        return a.add(held, One);
    }

    /// <inheritdoc cref="Plus(Tensor, double)"/>
    public static Tensor Plus(this Tensor a, long number)
    {
        using Scalar held = number;
        return a.add(held, One);
    }

    /// <summary>a - number.</summary>
    public static Tensor Minus(this Tensor a, double number)
    {
        using Scalar held = number;
        return a.sub(held);
    }

    /// <inheritdoc cref="Minus(Tensor, double)"/>
    public static Tensor Minus(this Tensor a, long number)
    {
        using Scalar held = number;
        return a.sub(held);
    }

    /// <summary>number - a.</summary>
    public static Tensor SubtractedFrom(this Tensor a, long number) => a.negative().Plus(number);

    /// <summary>factor a.</summary>
    public static Tensor Times(this Tensor a, double factor)
    {
        using Scalar held = factor;
        return a.mul(held);
    }

    /// <inheritdoc cref="Times(Tensor, double)"/>
    public static Tensor Times(this Tensor a, long factor)
    {
        using Scalar held = factor;
        return a.mul(held);
    }

    /// <summary>a / divisor.</summary>
    public static Tensor Over(this Tensor a, double divisor)
    {
        using Scalar held = divisor;
        return a.div(held);
    }

    /// <summary>a^2.</summary>
    public static Tensor Squared(this Tensor a) => a.pow(Two);

    /// <summary>a - divisor floor(a / divisor).</summary>
    public static Tensor Modulo(this Tensor a, double divisor)
    {
        using Scalar held = divisor;
        return a.remainder(held);
    }

    /// <summary>The nearest values in [least, most].</summary>
    public static Tensor Bounded(this Tensor a, double least, double most)
    {
        using Scalar low = least, high = most;
        return a.clamp(low, high);
    }

    /// <inheritdoc cref="Bounded(Tensor, double, double)"/>
    public static Tensor Bounded(this Tensor a, long least, long most)
    {
        using Scalar low = least, high = most;
        return a.clamp(low, high);
    }

    /// <summary>Where a is below a number.</summary>
    public static Tensor IsBelow(this Tensor a, double number)
    {
        using Scalar held = number;
        return a.lt(held);
    }

    /// <summary>Where a is a number or above.</summary>
    public static Tensor IsAtLeast(this Tensor a, double number)
    {
        using Scalar held = number;
        return a.ge(held);
    }

    /// <summary>Where a is a number.</summary>
    public static Tensor IsEqualTo(this Tensor a, long number)
    {
        using Scalar held = number;
        return a.eq(held);
    }

    /// <summary>count times the same number, int64.</summary>
    public static Tensor Repeated(long number, long count)
    {
        using Scalar held = number;
        return full([count], held, ScalarType.Int64);
    }

    /// <summary>0, 1, ..., count - 1.</summary>
    public static Tensor CountUp(long count, ScalarType type, Device? device = null)
    {
        using Scalar first = 0, end = count, step = 1;
        return arange(first, end, step, type, device);
    }

    /// <summary>a += b.</summary>
    public static Tensor PlusInPlace(this Tensor a, Tensor b) => a.add_(b, One);

    /// <summary>a += factor b.</summary>
    public static Tensor PlusInPlace(this Tensor a, Tensor b, double factor)
    {
        using Scalar held = factor;
        return a.add_(b, held);
    }

    /// <summary>a += number.</summary>
    public static Tensor PlusInPlace(this Tensor a, double number)
    {
        using Scalar held = number;
        return a.add_(held, One);
    }

    /// <summary>a /= divisor.</summary>
    public static Tensor OverInPlace(this Tensor a, double divisor)
    {
        using Scalar held = divisor;
        return a.div_(held);
    }

    /// <summary>Sets every element to a number.</summary>
    public static Tensor FillWith(this Tensor a, double number)
    {
        using Scalar held = number;
        return a.fill_(held);
    }

    /// <inheritdoc cref="PlusInPlace(Tensor, double)"/>
    public static Tensor PlusInPlace(this Tensor a, long number)
    {
        using Scalar held = number;
        return a.add_(held, One);
    }

    /// <summary>a *= factor.</summary>
    public static Tensor TimesInPlace(this Tensor a, double factor)
    {
        using Scalar held = factor;
        return a.mul_(held);
    }

    /// <summary>a += factor b c.</summary>
    public static Tensor PlusProductInPlace(this Tensor a, Tensor b, Tensor c, double factor)
    {
        using Scalar held = factor;
        return a.addcmul_(b, c, held);
    }

    /// <summary>a += factor b / c.</summary>
    public static Tensor PlusQuotientInPlace(this Tensor a, Tensor b, Tensor c, double factor)
    {
        using Scalar held = factor;
        return a.addcdiv_(b, c, held);
    }
}
