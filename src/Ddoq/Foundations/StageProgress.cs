namespace Ddoq.Foundations;

/// <summary>What a running stage tells whoever watches. Libraries report; only the command line draws.</summary>
/// <param name="Stage">Name of the stage, for instance "encode".</param>
/// <param name="Done">Units finished.</param>
/// <param name="Total">Units in all.</param>
/// <param name="Unit">What is counted: "images", "classes", "steps".</param>
/// <param name="Note">Latest figure worth seeing, such as a loss; may be empty.</param>
public readonly record struct StageProgress(string Stage, long Done, long Total, string Unit, string Note = "");
