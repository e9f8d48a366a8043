using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Distilled;

/// <summary>A distilled set as a data set like any other; weights and soft labels are left aside.</summary>
internal sealed class DistilledSetFormat : IDatasetFormat
{
    public string Accepts => "the folder of a distilled set";

    // Both files, so that an image folder that happens to hold a manifest.json stays one.
    public bool Recognises(DatasetRequest request) =>
        File.Exists(Path.Combine(request.Location, SetLayout.Manifest)) && File.Exists(Path.Combine(request.Location, SetLayout.Targets));

    public IImageDataset Open(DatasetRequest request, IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        if (request.Wanted == DatasetPart.Test)
            throw new BadInputException($"'{request.Spec}' asks for a test part, but a distilled set has training images alone. Leave ':test' out.");
        var set = DistilledSet.Load(request.Location);
        if (ImageFraming.Target(set.Shape, request.Options) == set.Shape) return set;
        var images = new InMemoryDataset(set.Name, set.ClassNames, set.Shape, set.Pixels.ToArray(), set.Labels.ToArray());
        return ImageFraming.Apply(images, request.Options, cancellation);
    }
}
