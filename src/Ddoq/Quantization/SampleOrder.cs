namespace Ddoq.Quantization;

/// <summary>In which order a pass takes the samples of a class.</summary>
public enum SampleOrder
{
    /// <summary>A new seeded order in each pass: the default.</summary>
    Shuffled,

    /// <summary>As they are stored, in every pass.</summary>
    AsStored,
}
