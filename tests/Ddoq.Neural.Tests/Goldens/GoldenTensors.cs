using System.Text.Json;
using Ddoq.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>Tensors of one golden file by name.</summary>
internal sealed class GoldenTensors(params string[] path) : IDisposable
{
    private readonly SafetensorsFile _file = SafetensorsFile.Open(Golden.File(path));

    public IEnumerable<string> Names => _file.Tensors.Select(t => t.Name);

    /// <summary>Modules whose activations are stored.</summary>
    public string[] Tapped => [.. Names.Where(n => n.StartsWith("tap.", StringComparison.Ordinal)).Select(n => n[4..])];

    public Tensor this[string name]
    {
        get
        {
            var entry = _file.Find(name);
            long[] shape = [.. entry.Shape];
            return entry.Type switch
            {
                ElementType.Int64 => tensor(_file.ReadInt64(name), shape),
                ElementType.Float64 => tensor(_file.ReadDoubles(name), shape),
                _ => tensor(_file.ReadFloats(name), shape),
            };
        }
    }

    public void Dispose() => _file.Dispose();

    public static JsonElement Json(params string[] path) => JsonDocument.Parse(File.ReadAllBytes(Golden.File(path))).RootElement;
}

/// <summary>The tolerances of the golden README; never wider.</summary>
internal static class GoldenTolerance
{
    /// <summary>max |a - b| at most max(1e-4, 20 gap) max(1, rms), where gap is float32 against float64 in the reference.</summary>
    public static void RequireValues(Tensor found, Tensor expected, string what, double gap = 0)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, found.shape);
        var rms = Math.Sqrt(expected.to(ScalarType.Float64).square().mean().item<double>());
        var off = (found - expected).abs().max().to(ScalarType.Float64).item<double>();
        var permitted = Math.Max(1e-4, 20 * gap) * Math.Max(1, rms);
        Assert.True(off <= permitted, $"{what}: off by {off:G3}, permitted {permitted:G3}");
    }

    /// <summary>Gradients and trajectories: 1e-4 of the largest value; second-order gradients 1e-3.</summary>
    public static void RequireGradient(Tensor found, Tensor expected, string what, double tolerance = 1e-4) => Agreement.Require(found, expected, tolerance, what);
}
