using System.CommandLine;
using Ddoq.Cli.CommandLine;
using Ddoq.Datasets;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary><c>--licence</c>: the terms of the source, which everything made from it inherits.</summary>
internal sealed class Licences
{
    private const string Unknown = "unknown";

    private readonly Option<string> _licence = OptionOf.Text("--licence", "TEXT", "licence note of the data, kept with the result (known for fashion-mnist)");

    public void AddTo(Command verb) => verb.Add(_licence);

    /// <summary>The given note, or what is known of the data set.</summary>
    public string Read(CommandContext context, string dataset) => context.Value(_licence) ?? Of(dataset);

    /// <summary>Licence note of a built-in data set; "unknown" for any other.</summary>
    public static string Of(string dataset) => dataset.Split(':')[0] == FashionMnist.Name ? "MIT" : Unknown;
}
