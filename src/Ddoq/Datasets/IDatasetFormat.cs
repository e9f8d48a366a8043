using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>One kind of data set that a path or name can mean. A new kind is one implementation and one line in <see cref="DatasetResolver"/>.</summary>
internal interface IDatasetFormat
{
    /// <summary>What is accepted, as a phrase for messages.</summary>
    string Accepts { get; }

    /// <summary>True if the request means this kind; must look at names only, not at contents.</summary>
    bool Recognises(DatasetRequest request);

    /// <summary>Opens a recognised request.</summary>
    IImageDataset Open(DatasetRequest request, IProgress<StageProgress>? progress, CancellationToken cancellation);
}
