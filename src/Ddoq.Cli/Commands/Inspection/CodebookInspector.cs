using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Cli.Commands.Inspection;

internal sealed class CodebookInspector : IInspector
{
    public string Kind => "codebook";

    // A safetensors file says in its metadata what it is.
    public bool Recognises(string thing)
    {
        if (!File.Exists(thing) || Path.GetExtension(thing) != ".safetensors") return false;
        using var file = SafetensorsFile.Open(thing);
        return file.Metadata.TryGetValue("format", out var format) && format.StartsWith("ddoq-codebook", StringComparison.Ordinal);
    }

    public Outcome Describe(string thing, CommandContext context)
    {
        var book = Codebook.Load(thing);
        var json = new JsonObject
        {
            ["kind"] = "codebook",
            ["path"] = thing,
            ["samples"] = book.SampleCount,
            ["dimension"] = book.Shape.Dimension,
            ["latent_shape"] = $"{book.Shape}",
            ["classes"] = book.Classes.Count,
            ["points"] = book.Count,
            ["distortion"] = book.Distortion,
            ["w2"] = book.W2,
            ["iterations"] = book.Iterations,
            ["algorithm"] = book.Algorithm,
            ["encoder"] = book.Encoder,
            ["dataset"] = book.Dataset,
        };
        return Outcome.OfFacts(json,
            ("kind", Kind),
            ("points", $"{book.Count} of shape {book.Shape} for {book.SampleCount} samples in {book.Classes.Count} classes"),
            ("distortion", $"{Invariant(book.Distortion)} (W2 {Invariant(book.W2)})"),
            ("algorithm", $"{book.Algorithm}, {book.Iterations} iterations"),
            ("weights", $"from {Invariant(book.Classes.Min(c => c.Weights.Min()))} to {Invariant(book.Classes.Max(c => c.Weights.Max()))}, {book.Classes.Sum(c => c.EmptyCells)} empty cells"),
            ("encoder", book.Encoder),
            ("data set", book.Dataset));
    }

    public IReadOnlyList<string> Verify(string thing, CommandContext context)
    {
        try
        {
            Codebook.Load(thing);
            return [];
        }
        catch (BadInputException e)
        {
            return [e.Message];
        }
    }

    private static string Invariant(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
