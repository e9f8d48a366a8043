namespace Ddoq.Quantization;

/// <summary>A transport cost that lies between two proven bounds: the cost of a feasible plan and the value of a dual solution.</summary>
/// <param name="Lower">No plan costs less.</param>
/// <param name="Upper">A plan costs this much.</param>
public readonly record struct TransportBounds(double Lower, double Upper)
{
    // A difference of the bounds within this share of the cost is the rounding of prices and sums.
    private const double Rounding = 1e-10;

    /// <summary>A cost known exactly.</summary>
    public static TransportBounds Exactly(double cost) => new(cost, cost);

    /// <summary>Whether the bounds meet, up to the rounding of float64 sums.</summary>
    public bool IsExact => Upper - Lower <= Rounding * Upper;

    /// <summary>The cost where it is known exactly, else the middle between the bounds.</summary>
    public double Value => IsExact ? Upper : (Lower + Upper) / 2;

    /// <summary>The cost is <see cref="Value"/> plus or minus this; 0 where it is known exactly.</summary>
    public double Error => IsExact ? 0 : (Upper - Lower) / 2;

    /// <summary>Bounds of the root: a distance instead of its square.</summary>
    public TransportBounds Root() => new(Math.Sqrt(Math.Max(0, Lower)), Math.Sqrt(Upper));
}
