using System.Globalization;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Training;

/// <summary>State of a training run after an epoch, in float32: parameters, running average, optimizer. Replaced as a whole.</summary>
internal sealed class FitCheckpoint(string folder, nn.Module module, WeightAverage? average, Optimizer optimizer)
{
    private const string WeightsFile = "weights.safetensors", AverageFile = "average.safetensors", OptimizerFile = "optimizer.safetensors", Steps = "steps";

    public void Save(int epochs, double loss)
    {
        using var staged = StagedOutput.Folder(folder, replace: true);
        Weights.Write(Path.Combine(staged.Path, WeightsFile), module, half: false);
        WriteAverage(Path.Combine(staged.Path, AverageFile), epochs, loss);
        WriteOptimizer(Path.Combine(staged.Path, OptimizerFile));
        staged.Commit();
    }

    /// <summary>Epochs done and the mean loss of the last one; 0 and NaN if there is no checkpoint.</summary>
    /// <exception cref="BadInputException">The checkpoint is damaged.</exception>
    public (int Epochs, double Loss) Restore()
    {
        if (!Directory.Exists(folder)) return (0, double.NaN);
        using var quiet = no_grad();
        Weights.Read(Path.Combine(folder, WeightsFile), module);
        RestoreOptimizer(Path.Combine(folder, OptimizerFile));
        using var file = SafetensorsFile.Open(Path.Combine(folder, AverageFile));
        if (average is not null)
        {
            foreach (var (mean, i) in average.Means.Select((m, i) => (m, i))) mean.CopyFrom(file.ReadFloats(Name(i)));
            average.Updates = long.Parse(file.Metadata["updates"], CultureInfo.InvariantCulture);
        }
        return (int.Parse(file.Metadata["epochs"], CultureInfo.InvariantCulture), double.Parse(file.Metadata["loss"], CultureInfo.InvariantCulture));
    }

    // Steps of each parameter, and its moments by number.
    private void WriteOptimizer(string path)
    {
        var writer = new SafetensorsWriter().Add(Steps, optimizer.States.Select(s => s.Steps).ToArray(), optimizer.States.Count);
        foreach (var (name, moment) in Moments()) writer.Add(name, moment.ToFloats(), moment.shape);
        writer.Write(path);
    }

    private void RestoreOptimizer(string path)
    {
        using var file = SafetensorsFile.Open(path);
        RequireShape(file, Steps, [optimizer.States.Count]);
        foreach (var (state, steps) in optimizer.States.Zip(file.ReadInt64(Steps))) state.Steps = steps;
        foreach (var (name, moment) in Moments())
        {
            RequireShape(file, name, moment.shape);
            moment.CopyFrom(file.ReadFloats(name));
        }
    }

    private IEnumerable<(string Name, Tensor Moment)> Moments() =>
        optimizer.States.SelectMany((state, i) => state.Moments.Select((moment, k) => ($"{Name(i)}.{k.ToString(CultureInfo.InvariantCulture)}", moment)));

    private static void RequireShape(SafetensorsFile file, string name, IReadOnlyList<long> shape)
    {
        var found = file.Find(name).Shape;
        if (!found.SequenceEqual(shape))
            throw new BadInputException($"checkpoint '{file.Path}', tensor '{name}': expected shape [{string.Join(", ", shape)}], found [{string.Join(", ", found)}]. Start the training anew.");
    }

    private void WriteAverage(string path, int epochs, double loss)
    {
        var writer = new SafetensorsWriter()
            .Describe("epochs", epochs.ToString(CultureInfo.InvariantCulture))
            .Describe("loss", loss.ToString(CultureInfo.InvariantCulture))
            .Describe("updates", (average?.Updates ?? 0).ToString(CultureInfo.InvariantCulture));
        foreach (var (mean, i) in (average?.Means ?? []).Select((m, i) => (m, i))) writer.Add(Name(i), mean.ToFloats(), mean.shape);
        writer.Write(path);
    }

    private static string Name(int index) => index.ToString("D4", CultureInfo.InvariantCulture);
}
