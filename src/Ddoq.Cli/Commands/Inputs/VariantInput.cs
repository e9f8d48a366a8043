using System.CommandLine;
using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Pipeline;
using Ddoq.Neural.Synthesis;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary>Named variants of the method: how many images each class gets, where cells are made, what enters the prior, which draw is kept, and a refinement of the latents. Without them, the method's own.</summary>
internal sealed class VariantInput
{
    private static readonly MatchingOptions Defaults = new();

    private readonly Option<string> _spread = OptionOf.Choice("--spread", "images of each class: the same number, or as many in all with more of the classes that the teacher doubts (half of the number at least)", "equal", "equal", "doubt");
    private readonly Option<string> _space = OptionOf.Choice("--space", "where cells are made: the encoder's latents, or the teacher's features", "latent", "latent", "teacher");
    private readonly Option<string> _points = OptionOf.Choice("--start-points", "what enters the prior: centroids, the real images nearest to them, or a real image drawn from each cell", "centroids", "centroids", "medoids", "members");
    private readonly Option<bool> _detail = OptionOf.Flag("--keep-detail", "add to each image what the autoencoder loses of the real image that it starts from; wants --start-points medoids or members");
    private readonly Option<int> _draws = OptionOf.Whole("--draws", "N", "noise draws per point, of which one is kept", 1, 1000, 1);
    private readonly Option<string> _pick = OptionOf.Choice("--pick", "the draw that is kept: closest to its centroid, or most typical of its class to the teacher", "closest", "closest", "typical");
    private readonly Option<int> _match = OptionOf.Whole("--match-steps", "N", "steps in which latents are moved so that their images' mean features follow the class's (0: none)", 0, 1_000_000, 0);
    private readonly Option<double> _matchRate = OptionOf.Real("--match-rate", "X", "step size of that", 1e-6, 10, Defaults.LearningRate);

    private readonly Option<string> _matchNetworks = OptionOf.Choice("--match-networks", "whose features are compared: random networks, a new one in each step, or the teacher", "random", "random", "teacher");
    private readonly Option<int> _matchMoments = OptionOf.Whole("--match-moments", "1|2", "what is compared: the features' mean, or their covariance too", 1, 2, 1);

    public void AddTo(Command verb)
    {
        foreach (var option in new Option[] { _spread, _space, _points, _detail, _draws, _pick, _match, _matchRate, _matchNetworks, _matchMoments }) verb.Add(option);
    }

    /// <summary>The recipe with the variants that were given instead of its method's own.</summary>
    public DistillationRecipe Apply(DistillationRecipe recipe, CommandContext context)
    {
        T Of<T>(Option<T> option, T own) => context.IsGiven(option) ? context.Value(option)! : own;
        return recipe with
        {
            Spread = context.IsGiven(_spread) ? Enum.Parse<ClassSpread>(context.Value(_spread)!, ignoreCase: true) : recipe.Spread,
            Space = Of(_space, recipe.Space == CellSpace.Teacher ? "teacher" : "latent") == "teacher" ? CellSpace.Teacher : CellSpace.Latent,
            StartPoints = context.IsGiven(_points) ? Enum.Parse<CellStart>(context.Value(_points)!, ignoreCase: true) : recipe.StartPoints,
            KeepsDetail = Of(_detail, recipe.KeepsDetail),
            Draws = Of(_draws, recipe.Draws),
            Pick = Of(_pick, recipe.Pick == DrawChoice.Typical ? "typical" : "closest") == "typical" ? DrawChoice.Typical : DrawChoice.Closest,
            Matching = recipe.Matching with
            {
                Steps = Of(_match, recipe.Matching.Steps),
                LearningRate = Of(_matchRate, recipe.Matching.LearningRate),
                Networks = Of(_matchNetworks, recipe.Matching.Networks == MatchingNetworks.Teacher ? "teacher" : "random") == "teacher" ? MatchingNetworks.Teacher : MatchingNetworks.Random,
                Moments = Of(_matchMoments, recipe.Matching.Moments),
            },
        };
    }
}
