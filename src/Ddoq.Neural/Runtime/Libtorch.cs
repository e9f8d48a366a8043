using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Ddoq.Foundations;
using TorchSharp;

namespace Ddoq.Neural.Runtime;

/// <summary>Starts libtorch once per process: environment, memory, loading with our own error, fast matrix products, self-check.</summary>
public static class Libtorch
{
    private static readonly Lock Gate = new();
    private static bool _started;

    /// <summary>Whether MKL was told to use its fast kernels on an AMD processor.</summary>
    public static bool MklFastPathOnAmd { get; private set; }

    /// <summary>Starts libtorch; later calls only set the number of threads.</summary>
    /// <exception cref="WorkFailedException">The native library is missing, does not load, or computes wrong numbers.</exception>
    public static void Start(LibtorchOptions? options = null)
    {
        options ??= new LibtorchOptions();
        lock (Gate)
        {
            if (!_started) StartOnce(options);
            torch.set_num_threads(options.Threads);
        }
    }

    private static void StartOnce(LibtorchOptions options)
    {
        NativeMemory.KeepFreedBlocks();
        NativeMemory.SetDefault("OMP_WAIT_POLICY", "passive"); // libgomp spins by default, which starves a shared machine
        if (Avx2.IsSupported && Fma.IsSupported) NativeMemory.SetDefault("ATEN_CPU_CAPABILITY", "avx2"); // decision 0018: no slower than AVX-512's, and the same bits everywhere
        var library = Load("libtorch_cpu");
        Load("libLibTorchSharp");
        MklFastPathOnAmd = MklFastPath.TryEnable(library);
        if (options.SelfCheck) ArithmeticCheck.Run();
        _started = true;
    }

    // TorchSharp's own search prints a page of trace on stdout and copies 490 MB when it fails: look first.
    private static nint Load(string name)
    {
        var path = Path.Combine(AppContext.BaseDirectory, Name(name));
        if (!File.Exists(path)) path = Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", Name(name));
        if (!File.Exists(path))
            throw new WorkFailedException($"native library {Name(name)} is not in {AppContext.BaseDirectory}. The program is incomplete: build it again or reinstall it.");
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new WorkFailedException($"native library {path} does not load: {e.Message.ReplaceLineEndings(" ")} It needs 64-bit Linux with glibc 2.28 or newer.", e);
        }
    }

    private static string Name(string name) =>
        OperatingSystem.IsWindows() ? name[3..] + ".dll" : OperatingSystem.IsMacOS() ? name + ".dylib" : name + ".so";
}
