using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>The built-in name.</summary>
internal sealed class FashionMnistFormat : IDatasetFormat
{
    public string Accepts => $"the built-in name {FashionMnist.Name} (or {FashionMnist.Name}:test)";

    public bool Recognises(DatasetRequest request) => request.Location == FashionMnist.Name;

    public IImageDataset Open(DatasetRequest request, IProgress<StageProgress>? progress, CancellationToken cancellation) =>
        ImageFraming.Apply(FashionMnist.Open(request.Wanted, request.Options.FashionMnist, progress, cancellation), request.Options, cancellation);
}
