using System.Text.Json;
using Ddoq.Cli.Tests.CommandLine;

namespace Ddoq.Cli.Tests.Commands;

/// <summary>Every verb of the main job run once, in order, on tiny images with tiny models; tests look at what each left.</summary>
public sealed class TinyRun : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TinyRun()
    {
        TinyImages.WriteFolders(Data, 20);
        TinyImages.WriteFolders(Test, 10, first: 1000);
        Vae = Done("fit", "vae", Data, "--test", Test, "--out", this["vae"], "--epochs", "1", "--batch-size", "8", "--width", "16", "--latent-channels", "2");
        Prior = Done("fit", "prior", Data, "--vae", this["vae"], "--out", this["prior"], "--epochs", "1", "--batch-size", "8", "--hidden", "16", "--depth", "1", "--heads", "2");
        Teacher = Done("fit", "teacher", Data, "--test", Test, "--out", this["teacher"], "--epochs", "4", "--batch-size", "8", "--width", "16", "--depth", "2");
        Encode = Done("encode", Data, "--prior", this["prior"], "--vae", this["vae"], "--out", this["latents"]);
        Quantize = Done("quantize", this["latents"], "--ipc", "3", "--out", this["codebook.safetensors"]);
        Synthesize = Done("synthesize", this["codebook.safetensors"], "--prior", this["prior"], "--vae", this["vae"], "--data", Data, "--steps", "2", "--out", this["set"]);
        Label = Done("label", this["set"], "--teacher", this["teacher"], "--views", "4");
        Train = Done("train", this["set"], "--test", Test, "--protocol", "soft", "--epochs", "2", "--width", "16", "--seeds", "2");
    }

    /// <summary>A labelled set of faithful images, made without a trained autoencoder.</summary>
    public string PcaSet
    {
        get
        {
            if (Directory.Exists(this["pca-set"])) return this["pca-set"];
            Done("encode", Data, "--prior", "pca", "--out", this["pca-latents"]);
            Done("quantize", this["pca-latents"], "--ipc", "20", "--out", this["pca.safetensors"]);
            Done("synthesize", this["pca.safetensors"], "--prior", this["pca-latents"], "--data", Data, "--out", this["pca-set"]);
            Done("label", this["pca-set"], "--teacher", this["teacher"], "--views", "10");
            return this["pca-set"];
        }
    }

    /// <summary>A path in the run's folder.</summary>
    public string this[string name] => _folder[name];

    public string Data => this["data"];

    public string Test => this["test"];

    public JsonElement Vae { get; }

    public JsonElement Prior { get; }

    public JsonElement Teacher { get; }

    public JsonElement Encode { get; }

    public JsonElement Quantize { get; }

    public JsonElement Synthesize { get; }

    public JsonElement Label { get; }

    public JsonElement Train { get; }

    public void Dispose() => _folder.Dispose();

    /// <summary>Runs a command that must succeed and print one document.</summary>
    public static JsonElement Done(params string[] arguments)
    {
        var shell = Shell.Run([.. arguments, "--json"]);
        Assert.True(shell.Code == 0, $"{string.Join(' ', arguments)}\n{shell.Error}");
        return shell.Json;
    }

    /// <summary>Copies a folder of the run, so that a test may change it.</summary>
    public void Copy(string name, string to)
    {
        foreach (var file in Directory.EnumerateFiles(this[name], "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(this[name], file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}

[CollectionDefinition(Name)]
public sealed class TinyRunCollection : ICollectionFixture<TinyRun>
{
    public const string Name = "tiny run";
}
