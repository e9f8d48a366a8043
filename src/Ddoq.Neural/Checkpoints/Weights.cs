using System.Runtime.InteropServices;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Checkpoints;

/// <summary>Parameters and buffers of a module in a safetensors file, under the module's own names.</summary>
public static class Weights
{
    /// <summary>Writes all entries of the state, as float16 if <paramref name="half"/>, else float32.</summary>
    /// <exception cref="WorkFailedException">A value is not finite in that type; nothing is written.</exception>
    public static void Write(string path, nn.Module module, bool half)
    {
        var writer = new SafetensorsWriter();
        foreach (var (name, value) in module.state_dict())
        {
            if (value.dtype == ScalarType.Int64)
            {
                writer.Add(name, value.data<long>().ToArray(), value.shape);
                continue;
            }
            var values = value.ToFloats();
            if (Array.FindIndex(values, v => !(half ? Half.IsFinite((Half)v) : float.IsFinite(v))) is var at and >= 0)
                throw new WorkFailedException($"tensor '{name}', element {at}: {values[at]} is no finite {(half ? "float16 (at most 65504)" : "float32")}, so '{path}' was not written. The training diverged: lower the learning rate.");
            if (half) writer.Add(name, Array.ConvertAll(values, v => (Half)v), value.shape);
            else writer.Add(name, values, value.shape);
        }
        // A module that nobody holds takes its tensors along when it is collected, whoever else holds them.
        GC.KeepAlive(module);
        writer.Write(path, replace: true);
    }

    /// <summary><see cref="Read"/>, and the network made ready for inference: evaluation mode, no gradients.</summary>
    /// <inheritdoc cref="Read"/>
    public static TModule Load<TModule>(string path, TModule module, KeyMap? map = null) where TModule : nn.Module
    {
        Read(path, module, map);
        module.eval();
        foreach (var parameter in module.parameters()) parameter.requires_grad = false;
        return module;
    }

    /// <summary>Reads all entries, of any float type, each straight into the memory of its parameter where that is float32 on the host.</summary>
    /// <param name="path">A safetensors file, one of torch.save, or the index of several.</param>
    /// <param name="module">Receives the values.</param>
    /// <param name="map">From the file's names to the network's; null where they are the same.</param>
    /// <exception cref="BadInputException">Keys are missing, unexpected or of another shape; all are listed at once. Or a value is not finite, or a copy differs from its first.</exception>
    public static void Read(string path, nn.Module module, KeyMap? map = null)
    {
        using var file = WeightsFile.Open(path);
        using var quiet = no_grad();
        var state = module.state_dict();
        var sources = Match(path, file.Tensors, state.Select(s => (s.Key, (IReadOnlyList<long>)s.Value.shape)), map);
        foreach (var (name, parts) in sources)
            for (var part = 0; part < parts.Count; part++)
            {
                using var share = Share(state[name], part, parts.Count);
                Fill(share, file, parts[part]);
            }
        GC.KeepAlive(module);
        if (map is not null) RequireSameCopies(file, map, sources);
    }

    // A file trained further under the other names may hold copies that have grown apart; the network has room for one.
    private static void RequireSameCopies(WeightsFile file, KeyMap map, IReadOnlyDictionary<string, IReadOnlyList<string>> sources)
    {
        var copies = file.Tensors.Select(t => (t.Name, Target: map.Rename(t.Name))).Where(t => t.Target is { Copy: true });
        foreach (var group in copies.GroupBy(t => sources[t.Target!.Name][t.Target.Part], t => t.Name))
        {
            var first = file.ReadFloats(group.Key);
            if (group.FirstOrDefault(name => !file.ReadFloats(name).AsSpan().SequenceEqual(first)) is { } other)
                throw new BadInputException($"'{file.Path}': tensors '{group.Key}' and '{other}' differ; expected the same values, for the network has one of them. Use a model whose blocks share it.");
        }
    }

    /// <summary>Finds for each entry of a network the tensors of a file that fill it. A 1x1 convolution may fill a linear layer and the reverse.</summary>
    /// <param name="path">File, for messages.</param>
    /// <param name="found">Names and shapes in the file.</param>
    /// <param name="expected">Names and shapes of the network.</param>
    /// <param name="map">From the file's names to the network's; null where they are the same.</param>
    /// <returns>The network's names to the file's, one or several that share its rows; without entries that the network computes and the file leaves out.</returns>
    /// <exception cref="BadInputException">Keys are missing, unexpected or of another shape; all are listed at once, with both shapes.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Match(string path, IEnumerable<(string Name, IReadOnlyList<long> Shape)> found,
        IEnumerable<(string Name, IReadOnlyList<long> Shape)> expected, KeyMap? map = null)
    {
        map ??= KeyMap.Identity;
        var (wanted, sources, problems) = (expected.ToDictionary(e => e.Name, e => e.Shape), new Dictionary<string, string?[]>(StringComparer.Ordinal), new List<string>());
        foreach (var (name, shape) in found)
        {
            if (map.Rename(name) is not { } target) continue;
            if (!wanted.TryGetValue(target.Name, out var whole)) problems.Add($"unexpected {name} {Show(shape)}");
            else if (ShareOf(whole, target.Parts) is var needed && !Flat(needed).SequenceEqual(Flat(shape))) problems.Add($"{name}: expected {Show(needed)}, found {Show(shape)}");
            else if (!target.Copy && !Place(sources, target, name)) problems.Add($"{sources[target.Name][target.Part]} and {name} are both {target.Name}");
        }
        problems.InsertRange(0, wanted.Keys.Where(k => IsIncomplete(sources, k) && !(IsOptional(k, map) && !sources.ContainsKey(k))).Select(k => $"missing {k} {Show(wanted[k])}"));
        if (problems.Count > 0)
            throw new BadInputException($"'{path}' holds weights of another model: {string.Join("; ", problems)}. Check that the configuration and the weights belong together.");
        return sources.ToDictionary(s => s.Key, s => (IReadOnlyList<string>)s.Value!);
    }

    // Files from before PyTorch 0.4 lack the counters of batch norms; nothing that we compute needs them.
    private static bool IsOptional(string key, KeyMap map) => map.Computed.Contains(key) || key.EndsWith(".num_batches_tracked", StringComparison.Ordinal);

    private static void Fill(Tensor target, WeightsFile file, string name)
    {
        if (target.dtype == ScalarType.Int64)
        {
            using var host = tensor(file.ReadInt64(name), target.shape);
            target.copy_(host);
        }
        else if (target.dtype == ScalarType.Float32 && target.device_type == DeviceType.CPU && target.is_contiguous())
        {
            ReadFinite(file, name, MemoryMarshal.Cast<byte, float>(target.bytes));
        }
        else
        {
            var values = new float[target.numel()];
            ReadFinite(file, name, values);
            target.CopyFrom(values);
        }
    }

    private static void ReadFinite(WeightsFile file, string name, Span<float> values)
    {
        file.ReadFloats(name, values);
        if (values.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) is var at and >= 0)
            throw new BadInputException($"'{file.Path}', tensor '{name}', element {at}: {values[at]} is not finite. The model is damaged; fetch or train it again.");
    }

    private static bool Place(Dictionary<string, string?[]> sources, KeyTarget target, string name)
    {
        if (!sources.TryGetValue(target.Name, out var parts)) sources[target.Name] = parts = new string?[target.Parts];
        if (parts.Length != target.Parts || parts[target.Part] is not null) return false;
        parts[target.Part] = name;
        return true;
    }

    private static bool IsIncomplete(Dictionary<string, string?[]> sources, string key) => !sources.TryGetValue(key, out var parts) || parts.Contains(null);

    private static Tensor Share(Tensor whole, int part, int parts) => parts == 1 ? whole.alias() : whole.narrow(0, part * (whole.shape[0] / parts), whole.shape[0] / parts);

    private static IReadOnlyList<long> ShareOf(IReadOnlyList<long> whole, int parts) => parts == 1 ? whole : [whole[0] / parts, .. whole.Skip(1)];

    // Without trailing ones, if it is a matrix.
    private static IEnumerable<long> Flat(IReadOnlyList<long> shape) => shape is [var rows, var columns, 1, 1] ? [rows, columns] : shape;

    private static string Show(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
