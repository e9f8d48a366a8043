namespace Ddoq.Latents;

/// <summary>Shape of one latent z, C x H x W; stored flattened to D floats in that order.</summary>
/// <param name="Channels">Channels, C; for a plain vector its length.</param>
/// <param name="Height">Rows, H; 1 for a plain vector.</param>
/// <param name="Width">Columns, W; 1 for a plain vector.</param>
public readonly record struct LatentShape(int Channels, int Height, int Width)
{
    /// <summary>Floats of one latent, D.</summary>
    public int Dimension => Channels * Height * Width;

    /// <summary>The shape of a plain vector of <paramref name="dimension"/> floats.</summary>
    public static LatentShape Vector(int dimension) => new(dimension, 1, 1);

    /// <inheritdoc />
    public override string ToString() => $"{Channels}x{Height}x{Width}";
}
