namespace Ddoq.Cli.Pipeline;

/// <summary>Where the artifacts of a run lie. What does not depend on the method (latents, features) may be shared by several runs.</summary>
internal sealed class RunFolder
{
    /// <param name="path">Folder of the run.</param>
    /// <param name="shared">A run whose latents and features this one shares; null for its own.</param>
    public RunFolder(string path, RunFolder? shared = null)
    {
        Path = path;
        Ledger = new StageLedger(System.IO.Path.Combine(path, "stages"));
        Shared = shared ?? this;
    }

    public string Path { get; }

    public StageLedger Ledger { get; }

    public RunFolder Shared { get; }

    public string LatentsPath => System.IO.Path.Combine(Shared.Path, "latents");

    public string FeaturesPath => System.IO.Path.Combine(Shared.Path, "features");

    public string InvertedPath => System.IO.Path.Combine(Path, "latents-inverted");

    /// <summary>Codebooks of different wishes lie side by side.</summary>
    public string CodebookPath(string fingerprint) => System.IO.Path.Combine(Path, $"codebook-{fingerprint[..12]}.safetensors");

    public string SetPath(string name) => System.IO.Path.Combine(Path, "sets", name);
}
