using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>Any other folder: one folder of images for each class, or folders train and test (or val) of such folders.</summary>
internal sealed class ImageFolderFormat : IDatasetFormat
{
    public string Accepts => "a folder with one folder of PNG, JPEG, WebP or BMP images for each class";

    public bool Recognises(DatasetRequest request) => Directory.Exists(request.Location);

    public IImageDataset Open(DatasetRequest request, IProgress<StageProgress>? progress, CancellationToken cancellation) =>
        ImageFolderDataset.Open(request.Name, FolderOf(request), request.Options, progress, cancellation);

    // Without this, a folder with train and val inside would pass for a set of two classes.
    private static string FolderOf(DatasetRequest request)
    {
        var train = Path.Combine(request.Location, "train");
        var test = new[] { "test", "val" }.Select(n => Path.Combine(request.Location, n)).FirstOrDefault(HasFolders);
        if (HasFolders(train) && test is not null) return request.Wanted == DatasetPart.Train ? train : test;
        if (request.Part is null) return request.Location;
        throw new BadInputException($"'{request.Spec}' asks for a part, but folder '{request.Location}' has no folders train and test (or val) of class folders. Name the folder of the part itself.");
    }

    private static bool HasFolders(string folder) => Directory.Exists(folder) && Directory.EnumerateDirectories(folder).Any();
}
