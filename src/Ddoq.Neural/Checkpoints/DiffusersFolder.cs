using Ddoq.Foundations;
using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Networks.StableDiffusion;
using Ddoq.Neural.Synthesis;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Checkpoints;

/// <summary>What a folder in diffusers layout holds.</summary>
public enum DiffusersKind
{
    /// <summary>Text encoder, tokenizer, UNet, VAE.</summary>
    StableDiffusion,

    /// <summary>Class-conditional transformer, VAE.</summary>
    DiT,
}

/// <summary>A pipeline on disk as Hugging Face's diffusers writes it: model_index.json, and a folder with configuration and weights for each part.</summary>
public sealed class DiffusersFolder
{
    private const string Index = "model_index.json";
    private readonly NetworkConfig _index;
    private readonly Dictionary<string, string> _hashes = [];

    private DiffusersFolder(string path, NetworkConfig index, DiffusersKind kind) => (Path, _index, Kind) = (path, index, kind);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What it holds.</summary>
    public DiffusersKind Kind { get; }

    /// <summary>Whether a folder has this layout.</summary>
    public static bool IsOne(string path) => File.Exists(System.IO.Path.Combine(path, Index));

    /// <summary>Opens a pipeline; no weights are read yet.</summary>
    /// <exception cref="BadInputException">No such layout, or a pipeline of another class, which is named.</exception>
    public static DiffusersFolder Open(string path)
    {
        var index = NetworkConfig.Open(System.IO.Path.Combine(path, Index));
        return index.Text("_class_name", "") switch
        {
            "StableDiffusionPipeline" or "StableDiffusionImg2ImgPipeline" => new DiffusersFolder(path, index, DiffusersKind.StableDiffusion),
            "DiTPipeline" => new DiffusersFolder(path, index, DiffusersKind.DiT),
            var other => throw new BadInputException($"'{index.Path}': pipeline '{other}' is not supported; expected StableDiffusionPipeline or DiTPipeline. Use such a model."),
        };
    }

    /// <summary>Configuration of one part.</summary>
    public NetworkConfig Config(string part) => NetworkConfig.Open(System.IO.Path.Combine(Path, part, "config.json"));

    /// <summary>Folder of one part.</summary>
    public string Part(string part) => System.IO.Path.Combine(Path, part);

    /// <summary>Fills a network with the weights of one part and readies it for inference.</summary>
    /// <exception cref="BadInputException">No weights, damaged ones, or of another shape.</exception>
    public TModule LoadInto<TModule>(string part, TModule network, KeyMap? map = null) where TModule : nn.Module => Weights.Load(WeightsOf(part), network, map);

    /// <summary>SHA-256 over configuration and weights of one part; computed once, for the weights are large.</summary>
    public string Hash(string part)
    {
        if (_hashes.TryGetValue(part, out var known)) return known;
        return _hashes[part] = HashOf(System.IO.Path.Combine(Path, part));
    }

    /// <summary>SHA-256 over configuration and weights in a folder of one part.</summary>
    internal static string HashOf(string folder) => Hashes.OfHashes([Hashes.OfFile(System.IO.Path.Combine(folder, "config.json")), .. WeightsFile.FilesOf(WeightsIn(folder)).Select(Hashes.OfFile)]);

    /// <summary>Rows and columns of the latents that the denoiser was trained on.</summary>
    /// <exception cref="BadInputException">Its configuration is missing, damaged or not supported.</exception>
    public int LatentSide() => Kind == DiffusersKind.StableDiffusion ? UNetShape.Of(Config("unet")).SampleSize : DiffusersDiT.Shape(Config("transformer")).Height;

    /// <summary>The sampler of the folder scheduler/, or another one on the forward process that is described there.</summary>
    /// <param name="kind">The folder's own, or one of ours: then only the forward process is read.</param>
    /// <param name="learnedVariance">Whether the denoiser has a second half for the variance.</param>
    /// <exception cref="BadInputException">A setting is not supported; it is named.</exception>
    public DiffusersScheduler Scheduler(SamplerKind kind, bool learnedVariance = false)
    {
        var config = NetworkConfig.Open(System.IO.Path.Combine(Path, "scheduler", "scheduler_config.json"));
        if (kind == SamplerKind.Own) return WithKnownPrediction(DiffusersScheduler.Read(config), config);
        // What belongs to diffusers' sampler of that class and not to the forward process.
        config.Ignore("_class_name", "skip_prk_steps", "set_alpha_to_one", "steps_offset", "timestep_spacing", "variance_type", "clip_sample", "clip_sample_range", "sample_max_value", "dynamic_thresholding_ratio",
            "solver_order", "solver_type", "algorithm_type", "lower_order_final", "euler_at_final", "use_karras_sigmas", "final_sigmas_type", "lambda_min_clipped", "interpolation_type", "sigma_max", "sigma_min");
        var (schedule, prediction) = DiffusersScheduler.ReadForwardProcess(config);
        config.RefuseTheRest();
        return WithKnownPrediction(DiffusersScheduler.Of(kind, schedule, prediction, learnedVariance), config);
    }

    private static DiffusersScheduler WithKnownPrediction(DiffusersScheduler scheduler, NetworkConfig config) => scheduler.Sampler.Prediction == Prediction.Sample
        ? throw new BadInputException($"'{config.Path}': prediction_type = sample is not supported; expected epsilon or v_prediction. Use such a model.")
        : scheduler;

    /// <summary>Names of a class-conditional model's labels, where its index gives them.</summary>
    /// <param name="count">Classes of the network.</param>
    public ClassNames ClassNames(int count)
    {
        var names = _index.Labels("id2label");
        if (names.Count == 0) return Synthesis.ClassNames.Unnamed(count);
        return names.Count == count ? Synthesis.ClassNames.ByName(names)
            : throw new BadInputException($"'{_index.Path}': id2label names {names.Count} classes, the network has {count}. Copy the model again.");
    }

    private string WeightsOf(string part) => WeightsIn(System.IO.Path.Combine(Path, part));

    /// <summary>The file with the weights of one part, by the names that diffusers and transformers give it.</summary>
    /// <exception cref="BadInputException">There is none.</exception>
    internal static string WeightsIn(string folder)
    {
        string[] names =
        [
            "diffusion_pytorch_model.safetensors", "model.safetensors", "diffusion_pytorch_model.safetensors.index.json", "model.safetensors.index.json",
            "diffusion_pytorch_model.bin", "pytorch_model.bin", "diffusion_pytorch_model.bin.index.json", "pytorch_model.bin.index.json",
        ];
        return names.Select(n => System.IO.Path.Combine(folder, n)).FirstOrDefault(File.Exists)
            ?? throw new BadInputException($"'{folder}' holds no weights: expected {string.Join(" or ", names)}. Download the model again.");
    }
}
