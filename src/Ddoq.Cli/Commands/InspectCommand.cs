using System.CommandLine;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands.Inspection;

namespace Ddoq.Cli.Commands;

/// <summary><c>ddoq inspect THING</c>.</summary>
internal sealed class InspectCommand : Verb
{
    private readonly Argument<string> _thing = ArgumentOf.Text("THING", "a data set, model, latent store, codebook, safetensors file or distilled set");

    public InspectCommand() : base("inspect", "say what a data set, model, latent store, codebook or distilled set is",
        "inspect fashion-mnist", "inspect out/quickstart/ddoq --json") => Add(_thing);

    public override Outcome Run(CommandContext context)
    {
        var thing = context.Value(_thing);
        return Inspectors.For(thing).Describe(thing, context);
    }
}
