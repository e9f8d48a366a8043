using Ddoq.Foundations;
using Ddoq.Neural.Encoding;

namespace Ddoq.Cli.Models;

/// <summary>What <c>--vae</c> may name: a bundle, or a folder that holds an encoder with its decoder.</summary>
internal static class CodecChoice
{
    /// <summary>Loads an encoder-decoder; libtorch must have been started.</summary>
    /// <exception cref="UsageException">Neither a bundle nor a folder of that name.</exception>
    /// <exception cref="BadInputException">The folder holds another kind of model, or a damaged one.</exception>
    public static ILatentCodec Resolve(string spec, BundledModels bundled)
    {
        if (bundled.Has(spec)) return VaeCodec.Load(bundled.Folder(spec, "vae"));
        if (!Directory.Exists(spec))
            throw new UsageException($"--vae '{spec}' is neither a folder nor a bundled model. Give the folder that 'ddoq fit vae' wrote{Bundles(bundled)}.");
        return VaeCodec.Load(ModelKind.Of(Path.Combine(spec, "vae")) is null ? spec : Path.Combine(spec, "vae"));
    }

    private static string Bundles(BundledModels bundled) => bundled.Names is { Count: > 0 } names ? $", or one of: {string.Join(", ", names)}" : "";
}
