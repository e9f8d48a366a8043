using System.CommandLine;
using System.Globalization;
using Ddoq.Cli.CommandLine;
using Ddoq.Neural.Training;

namespace Ddoq.Cli.Commands.Fitting;

/// <summary><c>--epochs</c>, <c>--batch-size</c> and <c>--learning-rate</c>; what they leave open is as the defaults of the model say.</summary>
internal sealed class ScheduleOptions(FitSchedule defaults)
{
    private readonly Option<int> _epochs = OptionOf.Whole("--epochs", "N", "passes over the data", 1, 1_000_000, defaults.Epochs);
    private readonly Option<int> _batch = OptionOf.Whole("--batch-size", "N", "samples per step", 1, 65_536, defaults.BatchSize);
    private readonly Option<double> _rate = OptionOf.Real("--learning-rate", "X", "largest learning rate", 1e-9, 0.99, defaults.LearningRate);

    public void AddTo(Command verb)
    {
        verb.Add(_epochs);
        verb.Add(_batch);
        verb.Add(_rate);
    }

    public FitSchedule Read(CommandContext context) =>
        defaults with { Epochs = context.Value(_epochs), BatchSize = context.Value(_batch), LearningRate = context.Value(_rate) };

    /// <summary>The options that give <paramref name="schedule"/>.</summary>
    public static IEnumerable<string> Words(FitSchedule schedule) =>
    [
        string.Create(CultureInfo.InvariantCulture, $"--epochs {schedule.Epochs}"),
        string.Create(CultureInfo.InvariantCulture, $"--batch-size {schedule.BatchSize}"),
        string.Create(CultureInfo.InvariantCulture, $"--learning-rate {schedule.LearningRate}"),
    ];
}
