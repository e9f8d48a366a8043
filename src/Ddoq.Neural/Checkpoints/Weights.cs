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
            var values = value.ToFloats();
            if (Array.FindIndex(values, v => !(half ? Half.IsFinite((Half)v) : float.IsFinite(v))) is var at and >= 0)
                throw new WorkFailedException($"tensor '{name}', element {at}: {values[at]} is no finite {(half ? "float16 (at most 65504)" : "float32")}, so '{path}' was not written. The training diverged: lower the learning rate.");
            if (half) writer.Add(name, Array.ConvertAll(values, v => (Half)v), value.shape);
            else writer.Add(name, values, value.shape);
        }
        writer.Write(path, replace: true);
    }

    /// <summary>Reads all entries, of any float type.</summary>
    /// <exception cref="BadInputException">Keys are missing, unexpected or of another shape; all are listed at once. Or a value is not finite.</exception>
    public static void Read(string path, nn.Module module)
    {
        using var file = SafetensorsFile.Open(path);
        var state = module.state_dict();
        Require(path, file, state);
        foreach (var (name, target) in state)
        {
            var values = file.ReadFloats(name);
            if (Array.FindIndex(values, v => !float.IsFinite(v)) is var at and >= 0)
                throw new BadInputException($"'{path}', tensor '{name}', element {at}: {values[at]} is not finite. The model is damaged; fetch or train it again.");
            target.CopyFrom(values);
        }
    }

    private static void Require(string path, SafetensorsFile file, Dictionary<string, Tensor> state)
    {
        var found = file.Tensors.ToDictionary(t => t.Name);
        var problems = state.Keys.Except(found.Keys).Select(k => $"missing {k} {Show(state[k].shape)}")
            .Concat(found.Keys.Except(state.Keys).Select(k => $"unexpected {k} {Show(found[k].Shape)}"))
            .Concat(state.Keys.Intersect(found.Keys).Where(k => !state[k].shape.AsSpan().SequenceEqual(found[k].Shape.ToArray()))
                .Select(k => $"{k}: expected {Show(state[k].shape)}, found {Show(found[k].Shape)}")).ToList();
        if (problems.Count > 0)
            throw new BadInputException($"'{path}' holds weights of another model: {string.Join("; ", problems)}. Check that model.json and the weights belong together.");
    }

    private static string Show(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
