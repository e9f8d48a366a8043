using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>What a folder of class folders holds, found without opening images of known extension.</summary>
/// <param name="Root">The folder.</param>
/// <param name="ClassNames">Names of the class folders in ordinal order.</param>
/// <param name="Paths">Paths of the images relative to the root, with '/', in ordinal order within each class.</param>
/// <param name="Labels">Class of each path.</param>
/// <param name="Ignored">Files and folders that are no images: .DS_Store, Thumbs.db, __MACOSX, hidden ones, other kinds of file, anything beside the class folders.</param>
public sealed record ImageFolder(string Root, IReadOnlyList<string> ClassNames, IReadOnlyList<string> Paths, int[] Labels, int Ignored)
{
    /// <summary>Lists the images of a folder whose subfolders are the classes. Subfolders within a class are searched too.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="followLinks">Follow symbolic links out of the root or to folders; otherwise they are refused.</param>
    /// <exception cref="BadInputException">There is no class folder, a class has no images, something cannot be listed, or a link is refused.</exception>
    public static ImageFolder Scan(string root, bool followLinks = false)
    {
        try
        {
            return new ImageFolderScanner(root, followLinks).Scan();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"folder '{root}' cannot be listed: {e.Message} Check the path and its permissions.", e);
        }
    }

    /// <summary>Full path of image <paramref name="index"/>.</summary>
    public string PathOf(int index) => Path.Combine(Root, Paths[index]);
}
