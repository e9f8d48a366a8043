using System.CommandLine;
using System.Globalization;
using Ddoq.Augmentations;
using Ddoq.Cli.CommandLine;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary><c>--shift</c> and <c>--no-flip</c>: the views of an image.</summary>
internal sealed class AugmentationOptions(int shift)
{
    private readonly Option<int> _shift = OptionOf.Whole("--shift", "N", "largest shift of a view in pixels", 0, 64, shift);
    private readonly Option<bool> _noFlip = OptionOf.Flag("--no-flip", "views are not mirrored");

    public void AddTo(Command verb)
    {
        verb.Add(_shift);
        verb.Add(_noFlip);
    }

    public Augmentation Read(CommandContext context) => new() { Shift = context.Value(_shift), Flip = !context.Value(_noFlip) };

    /// <summary>The options that give <paramref name="augmentation"/>.</summary>
    public static IEnumerable<string> Words(Augmentation augmentation)
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"--shift {augmentation.Shift}");
        if (!augmentation.Flip) yield return "--no-flip";
    }
}
