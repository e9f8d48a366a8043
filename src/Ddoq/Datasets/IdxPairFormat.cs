using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>Two files, images and labels, with a comma between.</summary>
internal sealed class IdxPairFormat : IDatasetFormat
{
    public string Accepts => "an IDX pair IMAGES,LABELS";

    public bool Recognises(DatasetRequest request) => Split(request.Location) is not null;

    public IImageDataset Open(DatasetRequest request, IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        var (images, labels) = Split(request.Location)!.Value;
        return ImageFraming.Apply(IdxReader.ReadPair(Path.GetFileName(images), images, labels), request.Options, cancellation);
    }

    // A path may hold commas itself: the comma that counts is one with an existing file before it.
    private static (string Images, string Labels)? Split(string location)
    {
        for (var comma = location.IndexOf(','); comma >= 0; comma = location.IndexOf(',', comma + 1))
            if (File.Exists(location[..comma])) return (location[..comma], location[(comma + 1)..]);
        return null;
    }
}
