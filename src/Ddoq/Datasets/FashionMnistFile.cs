using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>
/// One of the four files of Fashion-MNIST with the hashes it is pinned by. The content hash is over the uncompressed file, so that
/// the official .gz, Debian's (the same data without the stored name) and an unpacked file are all accepted.
/// </summary>
/// <remarks>
/// The publishers list MD5 sums of the .gz files. Debian's files with the stored name and time put back (31 August 2017, 10:50:06 and 10:50:27 UTC)
/// have exactly those sums; the SHA-256 of these and of their content are the pins.
/// </remarks>
internal sealed record FashionMnistFile(string Name, long OfficialLength, string OfficialSha256, string ContentSha256)
{
    public static readonly FashionMnistFile TrainImages = new(
        "train-images-idx3-ubyte", 26421880,
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888");

    public static readonly FashionMnistFile TrainLabels = new(
        "train-labels-idx1-ubyte", 29515,
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9");

    public static readonly FashionMnistFile TestImages = new(
        "t10k-images-idx3-ubyte", 4422102,
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b");

    public static readonly FashionMnistFile TestLabels = new(
        "t10k-labels-idx1-ubyte", 5148,
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34");

    public static readonly IReadOnlyList<FashionMnistFile> All = [TrainImages, TrainLabels, TestImages, TestLabels];

    public string CompressedName => Name + ".gz";

    public static (FashionMnistFile Images, FashionMnistFile Labels) Of(DatasetPart part) =>
        part == DatasetPart.Train ? (TrainImages, TrainLabels) : (TestImages, TestLabels);

    /// <summary>The file in a folder, .gz or unpacked.</summary>
    public string Find(string folder)
    {
        var compressed = Path.Combine(folder, CompressedName);
        if (File.Exists(compressed)) return compressed;
        var plain = Path.Combine(folder, Name);
        return File.Exists(plain) ? plain : throw new BadInputException($"no {CompressedName} in '{folder}'.");
    }

    /// <summary>Reads the file and verifies its content.</summary>
    public IdxFile Read(string path)
    {
        var file = this == TrainImages || this == TestImages ? IdxReader.Images(path) : IdxReader.Labels(path);
        return RequireHash(file);
    }

    /// <summary>True if the file at <paramref name="path"/> is the official .gz or holds the same content.</summary>
    public bool Matches(string path)
    {
        if (Hashes.OfFile(path) == OfficialSha256) return true;
        try
        {
            Read(path);
            return true;
        }
        catch (BadInputException)
        {
            return false; // Damaged or another file: the question was whether it is the right one.
        }
    }

    private IdxFile RequireHash(IdxFile file)
    {
        var found = file.Sha256();
        if (found == ContentSha256) return file;
        throw new BadInputException($"'{file.Path}' is not Fashion-MNIST's {Name}: expected SHA-256 {ContentSha256} of the uncompressed content, found {found}. Fetch it again.");
    }
}
