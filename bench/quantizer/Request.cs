using System.Text.Json;
using System.Text.Json.Serialization;
using Ddoq.Formats;
using Ddoq.Quantization;

namespace Ddoq.Bench;

/// <summary>One thing to time.</summary>
internal sealed record Request
{
    public static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    public string What { get; init; } = "fit";
    public required string Matrix { get; init; }
    public string? Centroids { get; init; }
    public required int Ipc { get; init; }
    public string Algorithm { get; init; } = "lloyd";
    public int MaxIterations { get; init; } = 300;
    public double Tolerance { get; init; } = 1e-4;
    public bool Exchange { get; init; }
    public bool Quick { get; init; }
    public int SeedingPool { get; init; }
    public int Trials { get; init; }
    public int Passes { get; init; } = 1;
    public int BatchSize { get; init; }
    public string Bounds { get; init; } = "panels";
    public int Threads { get; init; } = Environment.ProcessorCount;
    public ulong Seed { get; init; }
    public double Least { get; init; } // seconds to repeat it for

    public QuantizerOptions Options() => Quick ? QuantizerOptions.Quick(Ipc) : new()
    {
        ImagesPerClass = Ipc,
        Algorithm = Enum.Parse<QuantizerAlgorithm>(Algorithm, ignoreCase: true),
        Initialization = Centroids is null ? QuantizerInitialization.GreedyKMeansPlusPlus : QuantizerInitialization.Supplied,
        InitialCentroids = Centroids is null ? default : ReadFloats(Centroids),
        MaxIterations = MaxIterations,
        Tolerance = Tolerance,
        Exchange = Exchange,
        SeedingPool = SeedingPool,
        Trials = Trials,
        Passes = Passes,
        MiniBatch = new MiniBatchOptions { BatchSize = BatchSize },
    };

    private static float[] ReadFloats(string path)
    {
        using var file = NpyFile.Open(path);
        return file.ReadFloats();
    }
}

/// <summary>What was found; seconds of one run, the median of all. Iterations: steps made.</summary>
internal sealed record Answer(double Seconds, double Distortion, int Iterations);
