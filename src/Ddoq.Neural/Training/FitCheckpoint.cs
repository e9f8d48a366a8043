using System.Globalization;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddoq.Neural.Training;

/// <summary>State of a training run after an epoch, in float32: parameters, running average, optimizer. Replaced as a whole.</summary>
internal sealed class FitCheckpoint(string folder, nn.Module module, WeightAverage? average, OptimizerHelper optimizer)
{
    private const string WeightsFile = "weights.safetensors", AverageFile = "average.safetensors", OptimizerFile = "optimizer.bin";

    public void Save(int epochs)
    {
        using var staged = StagedOutput.Folder(folder, replace: true);
        Weights.Write(Path.Combine(staged.Path, WeightsFile), module, half: false);
        WriteAverage(Path.Combine(staged.Path, AverageFile), epochs);
        optimizer.save_state_dict(Path.Combine(staged.Path, OptimizerFile));
        staged.Commit();
    }

    /// <summary>Epochs done; 0 if there is no checkpoint.</summary>
    public int Restore()
    {
        if (!Directory.Exists(folder)) return 0;
        using var quiet = no_grad();
        Weights.Read(Path.Combine(folder, WeightsFile), module);
        optimizer.load_state_dict(Path.Combine(folder, OptimizerFile));
        using var file = SafetensorsFile.Open(Path.Combine(folder, AverageFile));
        if (average is not null)
        {
            foreach (var (mean, i) in average.Means.Select((m, i) => (m, i))) mean.CopyFrom(file.ReadFloats(Name(i)));
            average.Updates = long.Parse(file.Metadata["updates"], CultureInfo.InvariantCulture);
        }
        return int.Parse(file.Metadata["epochs"], CultureInfo.InvariantCulture);
    }

    private void WriteAverage(string path, int epochs)
    {
        var writer = new SafetensorsWriter()
            .Describe("epochs", epochs.ToString(CultureInfo.InvariantCulture))
            .Describe("updates", (average?.Updates ?? 0).ToString(CultureInfo.InvariantCulture));
        foreach (var (mean, i) in (average?.Means ?? []).Select((m, i) => (m, i))) writer.Add(Name(i), mean.ToFloats(), mean.shape);
        writer.Write(path);
    }

    private static string Name(int index) => index.ToString("D4", CultureInfo.InvariantCulture);
}
