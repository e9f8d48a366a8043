using System.Runtime.InteropServices;

namespace Ddoq.Cli.CommandLine;

/// <summary>
/// Ctrl-C and SIGTERM. The first asks the work to stop, which removes its incomplete outputs on the way out;
/// the second ends the process at once and removes them from here.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<string> _protected = [];
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Action<string> _say;
    private Timer? _impatience;
    private int _signals;

    /// <param name="say">Where a remark goes when the work takes long to stop.</param>
    public Interruption(Action<string> say) => _say = say;

    public CancellationToken Token => _source.Token;

    /// <summary>Takes the signals over from the runtime.</summary>
    public Interruption Listen()
    {
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM })
            _registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
        return this;
    }

    /// <summary>Remembers an output, whose incomplete sibling a forced end removes.</summary>
    public void Protect(string output)
    {
        lock (_protected) _protected.Add(output);
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _impatience?.Dispose();
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) > 1) EndNow();
        _impatience = new Timer(_ => _say("interrupted; waiting for the current step to end (Ctrl-C again stops at once)"), null, 2000, Timeout.Infinite);
        _source.Cancel();
    }

    private void EndNow()
    {
        lock (_protected) _protected.ForEach(RemoveIncomplete);
        Environment.Exit(ExitCode.Interrupted);
    }

    // The names that StagedOutput gives to what this process has not finished.
    private static void RemoveIncomplete(string output)
    {
        var incomplete = $"{output}.incomplete-{Environment.ProcessId}";
        try
        {
            if (Directory.Exists(incomplete)) Directory.Delete(incomplete, recursive: true);
            else File.Delete(incomplete);
        }
        catch (IOException e)
        {
            Console.Error.WriteLine($"ddoq: '{incomplete}' could not be removed: {e.Message}");
        }
    }
}
