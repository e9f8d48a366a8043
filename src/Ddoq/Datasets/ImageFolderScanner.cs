using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>Walks a folder of class folders once.</summary>
internal sealed class ImageFolderScanner(string root, bool followLinks)
{
    private static readonly HashSet<string> ImageExtensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic", ".heif",
    };

    private readonly string _rootPrefix = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)) + Path.DirectorySeparatorChar;
    private readonly HashSet<string> _visitedLinks = new(StringComparer.Ordinal);
    private int _ignored;

    public ImageFolder Scan()
    {
        if (!Directory.Exists(root)) throw new BadInputException($"folder '{root}' does not exist. Check the path.");
        var classes = ClassFolders();
        var paths = new List<string>();
        var labels = new List<int>();
        var empty = new List<string>();
        for (var label = 0; label < classes.Count; label++)
        {
            var found = ImagesOf(classes[label]);
            if (found.Count == 0) empty.Add(classes[label].Name);
            paths.AddRange(found);
            labels.AddRange(Enumerable.Repeat(label, found.Count));
        }
        if (empty.Count > 0) throw new BadInputException($"{Count(empty.Count, "class folder")} of '{root}' without images: {List(empty)}. Add images or remove the folder.");
        return new ImageFolder(root, [.. classes.Select(c => c.Name)], paths, [.. labels], _ignored);
    }

    private List<DirectoryInfo> ClassFolders()
    {
        var classes = new List<DirectoryInfo>();
        var images = 0;
        foreach (var entry in new DirectoryInfo(root).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo folder && !IsJunk(entry))
            {
                RequireAllowed(entry);
                classes.Add(folder);
                continue;
            }
            _ignored++;
            if (ImageExtensions.Contains(entry.Extension)) images++;
        }
        if (classes.Count == 0)
            throw new BadInputException($"folder '{root}' has no class folders{(images > 0 ? $" but {Count(images, "image")}" : "")}: expected one folder of images for each class. Sort the images into such folders.");
        classes.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return classes;
    }

    private List<string> ImagesOf(DirectoryInfo folder)
    {
        var paths = new List<string>();
        Walk(folder, folder.Name, paths);
        paths.Sort(string.CompareOrdinal);
        return paths;
    }

    private void Walk(DirectoryInfo folder, string relative, List<string> paths)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            if (IsJunk(entry))
            {
                _ignored++;
                continue;
            }
            RequireAllowed(entry);
            var path = $"{relative}/{entry.Name}";
            if (entry is DirectoryInfo inner) Walk(inner, path, paths);
            else if (ImageExtensions.Contains(entry.Extension) || LooksLikeImage(entry)) paths.Add(path);
            else _ignored++;
        }
    }

    private static bool IsJunk(FileSystemInfo entry) =>
        entry.Name.StartsWith('.') || entry.Name is "__MACOSX" or "@eaDir"
        || entry.Name.Equals("Thumbs.db", StringComparison.OrdinalIgnoreCase) || entry.Name.Equals("desktop.ini", StringComparison.OrdinalIgnoreCase);

    // Length 0 also means a pipe or device, which must not be opened.
    private static bool LooksLikeImage(FileSystemInfo entry)
    {
        if (((FileInfo)entry).Length == 0) return false;
        Span<byte> prefix = stackalloc byte[ImageSniffer.PrefixLength];
        using var stream = ((FileInfo)entry).OpenRead();
        return ImageSniffer.IsReadable(ImageSniffer.Sniff(prefix[..stream.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false)]));
    }

    // Followed blindly, a link loop would count each image 40 times, and a link out of the root would read what nobody meant to give.
    private void RequireAllowed(FileSystemInfo entry)
    {
        if (!entry.Attributes.HasFlag(FileAttributes.ReparsePoint)) return;
        var target = entry.ResolveLinkTarget(returnFinalTarget: true);
        if (target is not { Exists: true }) throw new BadInputException($"link '{entry.FullName}' leads nowhere ('{entry.LinkTarget}'). Remove it.");
        if (entry is DirectoryInfo && followLinks && !_visitedLinks.Add(target.FullName))
            throw new BadInputException($"link '{entry.FullName}' leads to '{target.FullName}', which another link has led to already: a loop, or the same images twice. Remove one of them.");
        if (followLinks || (entry is FileInfo && target.FullName.StartsWith(_rootPrefix, StringComparison.Ordinal))) return;
        var problem = entry is DirectoryInfo ? "is a link to a folder" : "leads out of the data set's folder";
        throw new BadInputException($"'{entry.FullName}' {problem} ('{target.FullName}'); such links are not followed. Put the images themselves there.");
    }

    private static string List(List<string> names) =>
        string.Join(", ", names.Take(5).Select(n => $"'{n}'")) + (names.Count > 5 ? ", ..." : "");

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
