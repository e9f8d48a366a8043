using System.Diagnostics;
using Ddoq.Cli.CommandLine;
using Ddoq.Foundations;

namespace Ddoq.Cli.Commands.Fitting;

/// <summary>
/// OUT.training beside OUT: what a training that was cut short needs to go on. It is kept when the work ends early, used only
/// with --resume, and removed when the model stands.
/// </summary>
internal sealed class TrainingFolder : IDisposable
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly string _path;
    private readonly Screen _screen;
    private FitRequest _request;
    private bool _finished;

    private TrainingFolder(string path, FitRequest request, Screen screen) => (_path, _request, _screen) = (path, request, screen);

    /// <summary>Where the state after each epoch is kept.</summary>
    public string Checkpoint => Path.Combine(_path, "checkpoint");

    /// <summary>Where a prior's latents are kept.</summary>
    public string Latents => Path.Combine(_path, "latents");

    /// <summary>The request with the seconds of all runs up to now.</summary>
    public FitRequest Request => _request with { Seconds = _request.Seconds + _clock.Elapsed.TotalSeconds };

    /// <summary>Refuses state of an earlier training that is neither continued nor replaced, before any work.</summary>
    /// <exception cref="UsageException">There is such state.</exception>
    public static void RequireFree(OutputRequest output)
    {
        if (!output.Resume && !output.Replace && Directory.Exists(PathOf(output)))
            throw new UsageException($"'{PathOf(output)}' holds a training that was cut short. Pass --resume to continue it, or --force to start anew.");
    }

    /// <summary>Starts a training, or goes on with the one that is there.</summary>
    /// <exception cref="UsageException">Another training is there.</exception>
    public static TrainingFolder Open(OutputRequest output, FitRequest request, Screen screen)
    {
        var path = PathOf(output);
        if (output.Replace && Directory.Exists(path)) Directory.Delete(path, recursive: true);
        var earlier = output.Resume ? FitRequest.Load(path) : null;
        if (earlier is not null) request.RequireSame(earlier, path);
        var folder = new TrainingFolder(path, request with { Seconds = earlier?.Seconds ?? 0 }, screen);
        folder.Prepare(output.Resume, earlier is not null);
        return folder;
    }

    /// <summary>The model stands: the state is no longer needed.</summary>
    public void Finish()
    {
        _finished = true;
        Directory.Delete(_path, recursive: true);
    }

    /// <summary>Keeps the state for --resume if the model does not stand; removes it where no epoch was finished.</summary>
    public void Dispose()
    {
        if (_finished) return;
        if (Directory.Exists(Checkpoint)) Keep();
        else Directory.Delete(_path, recursive: true);
    }

    private void Keep()
    {
        try
        {
            Request.Save(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _screen.Detail($"the seconds of this run could not be noted: {e.Message}"); // the reason why it ended matters more
        }
        _screen.Say($"the state after the last whole epoch is kept in '{_path}'; the same command with --resume goes on from there");
    }

    private void Prepare(bool resume, bool continues)
    {
        if (resume && !continues) _screen.Say($"there is nothing to continue in '{_path}': starting from the first epoch");
        Directory.CreateDirectory(_path);
        RecoverCheckpoint();
        _request.Save(_path);
    }

    // A kill between the two renames that replace a checkpoint leaves the older one aside; one during its writing leaves half a one.
    private void RecoverCheckpoint()
    {
        foreach (var aside in Directory.GetDirectories(_path, "checkpoint.replaced-*"))
            if (Directory.Exists(Checkpoint)) Directory.Delete(aside, recursive: true);
            else Directory.Move(aside, Checkpoint);
        foreach (var half in Directory.GetDirectories(_path, "*.incomplete-*")) Directory.Delete(half, recursive: true);
    }

    private static string PathOf(OutputRequest output) => output.Path + ".training";
}
