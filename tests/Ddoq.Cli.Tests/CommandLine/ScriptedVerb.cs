using System.CommandLine;
using System.Text.Json.Nodes;
using Ddoq.Cli.CommandLine;

namespace Ddoq.Cli.Tests.CommandLine;

/// <summary>A verb that does what a test says, with the options that verbs usually have.</summary>
internal sealed class ScriptedVerb : Verb
{
    private readonly Func<ScriptedVerb, CommandContext, Outcome> _work;

    public ScriptedVerb(Func<ScriptedVerb, CommandContext, Outcome> work) : base("work", "does what a test says", "work input --ipc 10 --out out/a", "work input --out out/b --method plain --json")
    {
        _work = work;
        Add(Input);
        Add(ImagesPerClass);
        Add(Rate);
        Add(Method);
        Output.AddTo(this);
    }

    public Argument<string> Input { get; } = new("INPUT") { Description = "what to work on" };

    public Option<int> ImagesPerClass { get; } = OptionOf.Whole("--ipc", "N", "points per class", 1, 1000, 10);

    public Option<double> Rate { get; } = OptionOf.Real("--rate", "X", "a rate", 0, 1, 0.5);

    public Option<string> Method { get; } = OptionOf.Choice("--method", "how", "plain", "plain", "fancy");

    public OutputOptions Output { get; } = new(resumable: true);

    public override Outcome Run(CommandContext context) => _work(this, context);

    public static Outcome Nothing => Outcome.OfFacts(new JsonObject { ["ok"] = true }, ("ok", "[yes]"));
}
