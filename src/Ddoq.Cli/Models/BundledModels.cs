using Ddoq.Foundations;

namespace Ddoq.Cli.Models;

/// <summary>The small models that come with the program: a folder for each name, with the models vae, prior and teacher inside.</summary>
/// <param name="root">The folder of the bundles; it need not exist.</param>
internal sealed class BundledModels(string root)
{
    /// <summary>The bundle whose VAE is taken where none is named.</summary>
    public const string Default = "fashion-mnist";

    /// <summary>Those that the build put beside the program.</summary>
    public static BundledModels BesideTheProgram { get; } = new(Path.Combine(AppContext.BaseDirectory, "models"));

    /// <summary>Names of the bundles, in ordinal order.</summary>
    public IReadOnlyList<string> Names => Directory.Exists(root)
        ? [.. Directory.EnumerateDirectories(root).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)]
        : [];

    public bool Has(string name) => Names.Contains(name, StringComparer.Ordinal);

    /// <summary>Folder of one model of a bundle.</summary>
    /// <param name="name">Name of the bundle.</param>
    /// <param name="kind">"vae", "prior" or "teacher".</param>
    /// <exception cref="BadInputException">This program comes without it.</exception>
    public string Folder(string name, string kind)
    {
        var folder = Path.Combine(root, name, kind);
        return ModelKind.Of(folder) is not null ? folder
            : throw new BadInputException($"this program comes without the {kind} '{name}': '{folder}' holds no model. Build it again from a whole checkout, or train one with 'ddoq fit {kind}' and pass its folder.");
    }
}
