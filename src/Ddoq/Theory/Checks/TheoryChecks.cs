namespace Ddoq.Theory.Checks;

/// <summary>The checks that need no network, and the list of those that no project brings yet.</summary>
public static class TheoryChecks
{
    /// <summary>Checks of this project, in the order of their numbers.</summary>
    public static IReadOnlyList<ITheoryCheck> All { get; } =
    [
        new NormalDistortionCheck(), new NormalPointsCheck(), new UniformPointsCheck(), new HexagonCheck(), new StationarityCheck(), new TransportCheck(),
        new WeightTableCheck(), new ReverseConstantsCheck(), new RateCheck(), new SmoothFunctionCheck(), new ForwardContractionCheck(),
        new AlgorithmAgreementCheck(), new CodebookLawsCheck(), new CentroidNormCheck(),
    ];

    /// <summary>Checks that wait for other parts: with the networks, none. One of them leaves the list of a catalogue as soon as some project brings it.</summary>
    public static IReadOnlyList<PendingCheck> WithNetworks { get; } =
    [
        new("T9", "the reverse flow of a normal mixture obeys its constant", "samplers"),
        new("T11", "the training gradient on a weighted set approaches the full gradient as K grows; with equal weights it does not", "training"),
        new("T13", "a decoder with Lipschitz constant L carries a latent error to at most L times it", "decoders"),
        new("T17", "weight w has the gradient of w copies of the image", "training"),
        new("T18", "constant weights train bit for bit as no weights", "training"),
        new("T19", "weights lower W2 on latents of images", "encoders"),
    ];
}
