using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ddoq.Foundations;

/// <summary>
/// OUT.work beside an unfinished OUT: what a run has finished before it was killed, so that the next one can go on. It holds the request that the work belongs to, and only
/// the same request continues it; one process at a time has it. Disposing leaves it where it is.
/// </summary>
public sealed class WorkFolder : IDisposable
{
    private const string RequestFile = "request.json", LockFile = "lock";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly FileStream _lock;

    private WorkFolder(string path, FileStream held, bool isNew) => (Path, _lock, IsNew) = (path, held, isNew);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Whether there was nothing to continue.</summary>
    public bool IsNew { get; }

    /// <summary>Where the unfinished work of an output lies.</summary>
    public static string Of(string output) => NameOf(output) + ".work";

    /// <summary>Starts work, or continues what is there.</summary>
    /// <param name="output">Path of the finished output.</param>
    /// <param name="request">Everything that the result depends on, by name. The program's version is added.</param>
    /// <param name="discardOther">Whether work of another request is removed instead of refused.</param>
    /// <exception cref="UsageException">The work there belongs to another request, or another process has it.</exception>
    /// <exception cref="WorkFailedException">The disk refuses.</exception>
    public static WorkFolder Open(string output, IReadOnlyDictionary<string, string> request, bool discardOther = false)
    {
        var path = Of(output);
        WorkFolder? work = null;
        Formats.WholeFile.TranslateErrors(path, () =>
        {
            Directory.CreateDirectory(path);
            var held = Hold(path);
            var all = new Dictionary<string, string>(request) { ["program"] = Version() };
            if (discardOther) RemoveOther(path, all);
            work = new WorkFolder(path, held, isNew: !File.Exists(System.IO.Path.Combine(path, RequestFile)));
            work.RemoveIfItFails(() => Claim(path, all));
        });
        return work!;
    }

    /// <summary>Does something with the folder. If that fails, the lock goes, and a folder that is new goes too.</summary>
    internal void RemoveIfItFails(Action work)
    {
        try
        {
            work();
        }
        catch
        {
            if (IsNew && !HoldsForeignThings(Path)) Remove();
            Dispose();
            throw;
        }
    }

    /// <summary>Removes the work: the output stands, or nobody shall continue it.</summary>
    public void Remove()
    {
        Directory.Delete(Path, recursive: true);
        _lock.Dispose();
    }

    /// <summary>Lets other processes continue.</summary>
    public void Dispose() => _lock.Dispose();

    internal static string NameOf(string output) => System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(output));

    // The system releases the lock with the process, however that ends.
    private static FileStream Hold(string path)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(path, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException e) when (e.HResult is 11 or 35) // EAGAIN of Linux, EWOULDBLOCK of macOS
        {
            throw new UsageException($"another process works in '{path}'. Wait for its end, or choose another --out.", e);
        }
    }

    private static void Claim(string path, Dictionary<string, string> request)
    {
        RemoveHalves(path);
        var file = System.IO.Path.Combine(path, RequestFile);
        if (File.Exists(file))
        {
            RequireSame(path, Read(file), request);
            return;
        }
        if (HoldsForeignThings(path)) throw new UsageException($"'{path}' holds something else than unfinished work of this kind. Move it away, or pass --force to remove it.");
        using var staged = StagedOutput.File(file);
        File.WriteAllText(staged.Path, JsonSerializer.Serialize(request, Json) + "\n");
        staged.Commit();
    }

    // What a killed process was about to rename.
    private static void RemoveHalves(string path)
    {
        foreach (var half in Directory.GetFiles(path, "*.incomplete-*", SearchOption.AllDirectories)) File.Delete(half);
        foreach (var half in Directory.GetDirectories(path, "*.incomplete-*", SearchOption.AllDirectories)) Directory.Delete(half, recursive: true);
    }

    private static bool HoldsForeignThings(string path) =>
        !File.Exists(System.IO.Path.Combine(path, RequestFile)) && Directory.EnumerateFileSystemEntries(path).Any(entry => System.IO.Path.GetFileName(entry) != LockFile);

    private static void RequireSame(string path, Dictionary<string, string> earlier, Dictionary<string, string> request)
    {
        if (Difference(earlier, request) is { } difference)
            throw new UsageException($"'{path}' holds work of another request: {difference}. Give the same options and data to continue it, or pass --force to start anew.");
    }

    internal static string? Difference(Dictionary<string, string> earlier, Dictionary<string, string> request)
    {
        foreach (var name in request.Keys.Union(earlier.Keys))
        {
            var (then, now) = (earlier.GetValueOrDefault(name, "absent"), request.GetValueOrDefault(name, "absent"));
            if (then != now) return $"{name} was {then}, now it is {now}";
        }
        return null;
    }

    private static void RemoveOther(string path, Dictionary<string, string> request)
    {
        var file = System.IO.Path.Combine(path, RequestFile);
        if (!File.Exists(file) || Difference(Read(file), request) is null) return;
        foreach (var entry in Directory.GetFileSystemEntries(path).Where(entry => System.IO.Path.GetFileName(entry) != LockFile))
            if (Directory.Exists(entry)) Directory.Delete(entry, recursive: true);
            else File.Delete(entry);
    }

    private static Dictionary<string, string> Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file)) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new BadInputException($"'{file}' does not say what the work beside it belongs to: {e.Message} Pass --force to start anew.", e);
        }
    }

    private static string Version() => typeof(WorkFolder).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
