using System.Globalization;
using System.Text;

namespace Ddoq.Cli.Commands.Fitting;

/// <summary>README.md of a model: what it is, how good, how to train it again, and under which terms.</summary>
/// <param name="Title">What it is, in a few words.</param>
/// <param name="Purpose">What it is for, in a sentence or two.</param>
/// <param name="Shapes">Its inputs, outputs and size.</param>
/// <param name="Quality">How good it is.</param>
/// <param name="Dataset">Name of the training set.</param>
/// <param name="Fingerprint">Its fingerprint.</param>
/// <param name="Licence">Licence note of the training set.</param>
/// <param name="Request">The command, and how long it took.</param>
/// <param name="Threads">Threads that it was trained with.</param>
internal sealed record ModelCard(string Title, string Purpose, IReadOnlyList<(string Name, string Value)> Shapes, FitQuality Quality,
    string Dataset, string Fingerprint, string Licence, FitRequest Request, int Threads)
{
    public const string FileName = "README.md";

    public void Write(string folder) => File.WriteAllText(Path.Combine(folder, FileName), ToString(), new UTF8Encoding(false));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        # {Title}

        {Purpose}

        | | |
        |---|---|
        {Rows()}

        ## Quality

        | measured on | {Quality.Key} | without a model |
        |---|---:|---:|
        | {Cell(Quality.MeasuredOn)} | {Quality.Text} | {Quality.BaselineText} |

        The number is that of the stored float16 weights, after the last epoch: no epoch was chosen on the measured images.

        ## Train it again

        ```
        {Request.Command} --threads {Threads}
        ```

        It took {Request.Seconds:0} seconds with {Threads} thread{(Threads == 1 ? "" : "s")}. The same command with the same number of threads gives the same weights on the same kind of processor.

        ## Data and terms

        Trained on {Cell(Dataset)} (fingerprint `{Fingerprint}`). Licence of the data: {Cell(Licence)}; the model inherits its terms.

        """).ReplaceLineEndings("\n");

    private string Rows() => string.Join('\n', Shapes.Select(s => $"| {Cell(s.Name)} | {Cell(s.Value)} |"));

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
