namespace Ddoq.Datasets;

/// <summary>How a data set is opened. The defaults read images as they are stored.</summary>
public sealed record DatasetOptions
{
    /// <summary>Side in pixels to bring every image to: short side resized, then the middle square cut out, as torchvision does. In [1, 65500]; null (default) keeps the stored size.</summary>
    public int? ImageSize
    {
        get;
        init => field = value is null or (>= 1 and <= ImageCodec.MaximumSide) ? value
            : throw new ArgumentOutOfRangeException(nameof(ImageSize), value, $"the image size must be in [1, {ImageCodec.MaximumSide}].");
    }

    /// <summary>1 for grey, 3 for RGB, null (default) for grey if every image is stored with one grey channel, else RGB.</summary>
    public int? Channels
    {
        get;
        init => field = value is null or 1 or 3 ? value
            : throw new ArgumentOutOfRangeException(nameof(Channels), value, "channels are 1 (grey) or 3 (RGB).");
    }

    /// <summary>Filter of the resize. Default bilinear, torchvision's own.</summary>
    public ResizeFilter Filter { get; init; } = ResizeFilter.Bilinear;

    /// <summary>Threads that read and decode, at least 1. Default: all processors. The result does not depend on it.</summary>
    public int Threads
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Threads), value, "at least 1 thread is needed.");
    } = Environment.ProcessorCount;

    /// <summary>Bytes of decoded pixels that may be held in memory, at least 0. Larger folders are decoded on demand. Default 1 GiB.</summary>
    public long MemoryBudget
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(MemoryBudget), value, "the memory budget cannot be negative.");
    } = 1L << 30;

    /// <summary>Follow symbolic links that lead out of the data set's folder or to folders. Default false: such links are refused.</summary>
    public bool FollowLinks { get; init; }

    /// <summary>Where Fashion-MNIST is looked for. Default: as the environment says.</summary>
    public FashionMnistPlaces FashionMnist { get; init; } = FashionMnistPlaces.FromEnvironment();
}

/// <summary>Part of a data set.</summary>
public enum DatasetPart
{
    /// <summary>Training images.</summary>
    Train,

    /// <summary>Test images, <c>:test</c> in a data set's name.</summary>
    Test,
}
