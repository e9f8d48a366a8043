using System.CommandLine;
using System.Globalization;
using Ddoq.Cli.CommandLine;
using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary><c>--image-size</c> and <c>--channels</c>, and the opening of a data set under them.</summary>
internal sealed class DatasetFraming
{
    private const string AsStored = "stored";

    private readonly Option<int> _size = OptionOf.Whole("--image-size", "N", "resize and crop every image to N x N; without it, images must have one size", 1, ImageCodec.MaximumSide);
    private readonly Option<string> _channels = OptionOf.Choice("--channels", "grey, RGB, or as the files store it", AsStored, AsStored, "1", "3");

    public DatasetFraming() => _size.Required = false;

    public void AddTo(Command verb)
    {
        verb.Add(_size);
        verb.Add(_channels);
    }

    /// <summary>Opens what the user named.</summary>
    /// <exception cref="UsageException">The name is empty.</exception>
    /// <exception cref="BadInputException">Nothing of that name, or bad data.</exception>
    public IImageDataset Open(string spec, CommandContext context)
    {
        if (string.IsNullOrWhiteSpace(spec)) throw new UsageException("the name of a data set is empty. Give a built-in name or a path.");
        return DatasetResolver.Open(spec, Options(context), context.Progress, context.Cancellation);
    }

    /// <summary>The options as they stand on the command line, for model cards.</summary>
    public IEnumerable<string> Words(CommandContext context)
    {
        if (context.IsGiven(_size)) yield return string.Create(CultureInfo.InvariantCulture, $"--image-size {context.Value(_size)}");
        if (Channels(context) is { } channels) yield return string.Create(CultureInfo.InvariantCulture, $"--channels {channels}");
    }

    private DatasetOptions Options(CommandContext context) => new()
    {
        ImageSize = context.IsGiven(_size) ? context.Value(_size) : null,
        Channels = Channels(context),
        Threads = context.Threads,
    };

    private int? Channels(CommandContext context) => context.Value(_channels) is { } text && text != AsStored ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
