using System.Globalization;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;
using Ddoq.Foundations;
using Ddoq.Latents;

namespace Ddoq.Cli.Commands.Inspection;

internal sealed class LatentStoreInspector : IInspector
{
    public string Kind => "latent store";

    public bool Recognises(string thing) => LatentStore.Exists(thing);

    public Outcome Describe(string thing, CommandContext context)
    {
        var store = LatentStore.Open(thing);
        var about = store.Description;
        var json = new JsonObject
        {
            ["kind"] = "latent_store",
            ["path"] = thing,
            ["samples"] = store.Count,
            ["dimension"] = about.Shape.Dimension,
            ["latent_shape"] = $"{about.Shape}",
            ["classes"] = store.ClassCount,
            ["precision"] = Precision(about),
            ["encoder"] = about.Encoder,
            ["encoder_sha256"] = about.EncoderSha256,
            ["dataset"] = about.Dataset,
            ["dataset_fingerprint"] = about.DatasetFingerprint,
        };
        return Outcome.OfFacts(json,
            ("kind", Kind),
            ("samples", store.Count.ToString("N0", CultureInfo.InvariantCulture)),
            ("shape", $"{about.Shape}, {about.Shape.Dimension} numbers as {Precision(about)}"),
            ("data set", about.Dataset),
            ("encoder", about.Encoder),
            ("classes", string.Join(", ", store.ClassNames.Select((name, index) => $"{name} {store.CountOf(index)}"))));
    }

    public IReadOnlyList<string> Verify(string thing, CommandContext context)
    {
        try
        {
            LatentStore.Open(thing).Verify();
            return [];
        }
        catch (BadInputException e)
        {
            return [e.Message];
        }
    }

    private static string Precision(LatentStoreDescription about) => about.Precision == LatentPrecision.Float16 ? "float16" : "float32";
}
