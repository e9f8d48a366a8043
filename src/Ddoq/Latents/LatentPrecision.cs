namespace Ddoq.Latents;

/// <summary>How a latent store keeps its numbers.</summary>
public enum LatentPrecision
{
    /// <summary>Half precision: 11 significant bits, magnitudes up to 65,504. Half the size, and more exact than any encoder's noise.</summary>
    Float16,

    /// <summary>Single precision.</summary>
    Float32,
}
