using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>A folder with IDX files named as MNIST's.</summary>
internal sealed class IdxFolderFormat : IDatasetFormat
{
    public string Accepts => "a folder with train-images-idx3-ubyte[.gz] and train-labels-idx1-ubyte[.gz] (:test takes t10k-...)";

    public bool Recognises(DatasetRequest request) =>
        Directory.Exists(request.Location) && new[] { DatasetPart.Train, DatasetPart.Test }.Any(p => Candidates(request.Location, p, "images").Count > 0);

    public IImageDataset Open(DatasetRequest request, IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        var (images, labels) = (One(request, "images"), One(request, "labels"));
        return ImageFraming.Apply(IdxReader.ReadPair(request.Name, images, labels), request.Options, cancellation);
    }

    private static string One(DatasetRequest request, string content)
    {
        var found = Candidates(request.Location, request.Wanted, content);
        var expected = $"{(request.Wanted == DatasetPart.Train ? "train" : "t10k")}-{content}-idx{(content == "images" ? 3 : 1)}-ubyte[.gz]";
        if (found.Count == 0) throw new BadInputException($"IDX folder '{request.Location}' has no {content} for {request.Spec}: expected {expected}. Put the file there, or give the pair as IMAGES,LABELS.");
        if (found.Count > 1) throw new BadInputException($"IDX folder '{request.Location}' has several files of {content}: {string.Join(", ", found.Select(Path.GetFileName))}. Give the pair as IMAGES,LABELS.");
        return found[0];
    }

    // Names differ a little from set to set: train-images-idx3-ubyte, train-images.idx3-ubyte, emnist-letters-train-images-idx3-ubyte.
    private static List<string> Candidates(string folder, DatasetPart part, string content)
    {
        string[] marks = part == DatasetPart.Train ? ["train"] : ["t10k", "test"];
        var named = Directory.EnumerateFiles(folder)
            .Where(path => marks.Any(m => Path.GetFileName(path).Contains($"{m}-{content}", StringComparison.Ordinal)) && Path.GetFileName(path).Contains("idx", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).ToList();
        return [.. named.Where(path => !(path.EndsWith(".gz", StringComparison.Ordinal) && named.Contains(path[..^3])))];
    }
}
