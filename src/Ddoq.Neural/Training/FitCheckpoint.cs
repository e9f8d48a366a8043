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

    public void Save(int epochs, double loss)
    {
        using var staged = StagedOutput.Folder(folder, replace: true);
        Weights.Write(Path.Combine(staged.Path, WeightsFile), module, half: false);
        WriteAverage(Path.Combine(staged.Path, AverageFile), epochs, loss);
        optimizer.save_state_dict(Path.Combine(staged.Path, OptimizerFile));
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

    private void RestoreOptimizer(string path)
    {
        try
        {
            optimizer.load_state_dict(path);
        }
        catch (Exception e) when (e is not DdoqException) // the reader of this format has no error type of its own
        {
            throw new BadInputException($"checkpoint '{path}' cannot be read: {e.Message} Start the training anew.", e);
        }
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
