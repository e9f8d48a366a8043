using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>Fetches Debian's package dataset-fashion-mnist with apt-get and unpacks it with dpkg-deb, without root, into the cache.</summary>
internal sealed class DebianPackage(FashionMnistPlaces places)
{
    private const string Package = "dataset-fashion-mnist";
    // The unprivileged user that apt-get would switch to cannot write into a home folder; without a network, give up soon.
    private static readonly string[] Common =
        ["-q", "-o", "APT::Sandbox::User=root", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20", "-o", "Acquire::Retries=1"];

    private const long ApproximateLength = 30_900_652;

    public string Fetch(IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        foreach (var program in new[] { places.AptGet, places.DpkgDeb })
            if (!ChildProgram.Exists(program)) throw new WorkFailedException($"there is no {Path.GetFileName(program)} here.");
        try
        {
            Directory.CreateDirectory(places.CacheFolder);
            using var work = StagedOutput.Folder(Path.Combine(places.CacheFolder, "apt-work"), replace: true);
            Unpack(Download(work.Path, progress, cancellation), work.Path, cancellation);
            Keep(work.Path);
            return places.CacheFolder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WorkFailedException($"'{places.CacheFolder}' cannot be written: {e.Message}", e);
        }
    }

    // The system's package lists come first; a bare machine has none, and only root may fetch them there: then own lists, in the work folder.
    private string Download(string work, IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        try
        {
            RunDownload(work, [], progress, cancellation);
        }
        catch (WorkFailedException)
        {
            var own = OwnState(work);
            progress?.Report(new StageProgress("fetch package lists", 0, 1, "lists", "apt-get update into the cache"));
            ChildProgram.Run(places.AptGet, [.. Common, .. own, "update"], work, cancellation);
            progress?.Report(new StageProgress("fetch package lists", 1, 1, "lists"));
            RunDownload(work, own, progress, cancellation);
        }
        return Directory.EnumerateFiles(work, "*.deb").FirstOrDefault()
            ?? throw new WorkFailedException($"apt-get download {Package} succeeded, but left no .deb file.");
    }

    private void RunDownload(string work, string[] options, IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        const string Stage = "fetch Debian package";
        void Tell(string note) => progress?.Report(new StageProgress(Stage, Math.Min(Fetched(work), ApproximateLength), ApproximateLength, "bytes", note));
        Tell(Package);
        ChildProgram.Run(places.AptGet, [.. Common, .. options, "download", Package], work, cancellation, () => Tell(Package));
        progress?.Report(new StageProgress(Stage, ApproximateLength, ApproximateLength, "bytes", Package));
    }

    private static long Fetched(string work) => new DirectoryInfo(work).EnumerateFiles("*.deb*").Sum(f => f.Exists ? f.Length : 0);

    private static string[] OwnState(string work)
    {
        var (state, cache) = (Path.Combine(work, "state"), Path.Combine(work, "cache"));
        Directory.CreateDirectory(Path.Combine(state, "lists", "partial"));
        Directory.CreateDirectory(Path.Combine(cache, "archives", "partial"));
        return ["-o", $"Dir::State={state}", "-o", "Dir::State::status=/var/lib/dpkg/status", "-o", $"Dir::Cache={cache}"];
    }

    private void Unpack(string package, string work, CancellationToken cancellation) =>
        ChildProgram.Run(places.DpkgDeb, ["-x", package, Path.Combine(work, "tree")], work, cancellation);

    private void Keep(string work)
    {
        foreach (var file in FashionMnistFile.All)
        {
            var unpacked = Directory.EnumerateFiles(Path.Combine(work, "tree"), file.CompressedName, SearchOption.AllDirectories).FirstOrDefault()
                ?? throw new WorkFailedException($"package {Package} holds no {file.CompressedName}.");
            if (!file.Matches(unpacked)) throw new WorkFailedException($"{file.CompressedName} of package {Package} has not the pinned SHA-256.");
            File.Move(unpacked, Path.Combine(places.CacheFolder, file.CompressedName), overwrite: true);
        }
    }
}
