namespace Ddoq.Distilled;

/// <summary>Fixed names of the distilled set on disk (docs/formats.md).</summary>
internal static class SetLayout
{
    public const string Format = "ddoq-distilled-set";
    public const int Version = 1;
    public const string Manifest = "manifest.json";

    /// <summary>The manifest hashes all other files; this one hashes the manifest, in the form that <c>sha256sum -c</c> reads.</summary>
    public const string ManifestHash = "manifest.json.sha256";
    public const string Card = "README.md";
    public const string Loader = "load_ddoq.py";
    public const string Targets = "targets.safetensors";
    public const string Train = "train/";
    public const string Metadata = "train/metadata.csv";

    /// <summary>Names of all image files relative to <c>train/</c>, in row order.</summary>
    public static string[] ImageFiles(IReadOnlyList<string> classNames, ReadOnlySpan<int> labels)
    {
        var sizes = new int[classNames.Count];
        foreach (var label in labels) sizes[label]++;
        var folders = Enumerable.Range(0, classNames.Count).Select(c => ClassFolders.NameOf(c, classNames)).ToArray();
        var next = new int[classNames.Count];
        var files = new string[labels.Length];
        for (var i = 0; i < labels.Length; i++)
            files[i] = ClassFolders.FileOf(folders[labels[i]], next[labels[i]]++, sizes[labels[i]]);
        return files;
    }

    public static string ManifestHashText(ReadOnlySpan<byte> manifest) => $"{Foundations.Hashes.OfBytes(manifest)}  {Manifest}\n";

    public static string PathOf(string folder, string file) => Path.Combine(folder, file.Replace('/', Path.DirectorySeparatorChar));
}
