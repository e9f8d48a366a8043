using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>A folder of CIFAR binary files.</summary>
internal sealed class CifarFormat : IDatasetFormat
{
    public string Accepts => "a folder with the binary version of CIFAR-10 or CIFAR-100 (:test takes the test batch)";

    public bool Recognises(DatasetRequest request) => Directory.Exists(request.Location) && CifarReader.Recognises(request.Location);

    public IImageDataset Open(DatasetRequest request, IProgress<StageProgress>? progress, CancellationToken cancellation) =>
        ImageFraming.Apply(CifarReader.Read(request.Name, request.Location, request.Wanted == DatasetPart.Test), request.Options, cancellation);
}
