using System.Diagnostics;
using System.Globalization;
using Ddoq.Datasets;
using Ddoq.Foundations;
using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.Classifiers;
using Ddoq.Neural.Networks.Clip;
using Ddoq.Neural.Networks.StableDiffusion;
using Ddoq.Neural.Runtime;
using TorchSharp;
using static TorchSharp.torch;

// Times one network with small random weights: CASE THREADS REPEATS [float32|bfloat16] -> one line "seconds seconds ... peak-megabytes".
var (name, threads, repeats) = (args[0], int.Parse(args[1], CultureInfo.InvariantCulture), int.Parse(args[2], CultureInfo.InvariantCulture));
var type = args.Length > 3 && args[3] == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32;
Libtorch.Start(new LibtorchOptions { Threads = threads });
var step = Step(name, type);
step(); // warms up: checks of the shapes, memory
var seconds = new List<double>();
for (var i = 0; i < repeats; i++)
{
    var clock = Stopwatch.StartNew();
    step();
    seconds.Add(clock.Elapsed.TotalSeconds);
}
using var process = Process.GetCurrentProcess();
Console.WriteLine(string.Join(' ', seconds.Append(process.PeakWorkingSet64 / 1e6).Select(s => s.ToString("R", CultureInfo.InvariantCulture))));

static Action Step(string name, ScalarType type)
{
    Tensor Normal(params long[] shape) => randn(shape, ScalarType.Float32, CPU).to(type);
    switch (name)
    {
        case "gemm":
            var (a, b) = (Normal(2048, 2048), Normal(2048, 2048));
            return () => a.mm(b).Dispose();
        case "vae-encode-256":
        case "vae-decode-512":
            var vae = Ready(NewVae(), type);
            var (image, latent) = (Normal(1, 3, 256, 256), Normal(1, 4, 64, 64));
            return name == "vae-encode-256" ? Quiet(() => vae.Encode(image).Mean) : Quiet(() => vae.Decode(latent));
        case "whole-sd-512": // everything that a synthesis holds, one guided step, one image decoded
            var text = Ready(new ClipText(new ClipTextShape(49408, 768, 3072, 12, 12, 77, 2)), type);
            var (denoiser, decoder) = (Ready(NewUNet(), type), Ready(NewVae(), type));
            var (start, step, ids) = (Normal(1, 4, 64, 64), full([1], 500, ScalarType.Int64), randint(0, 49407, [2, 77], dtype: ScalarType.Int64));
            return Quiet(() => decoder.Decode(denoiser.call(cat([start, start]), step, text.call(ids))[..1]));
        case "whole-dit-256":
            var (transformer, pixels) = (Ready(NewDiT(), type), Ready(NewVae(), type));
            var (begin, time, label) = (Normal(1, 4, 32, 32), full([2], 500, ScalarType.Int64), full([2], 3, ScalarType.Int64));
            return Quiet(() => pixels.Decode(transformer.call(cat([begin, begin]), time, label)[..1, ..4]));
        case "dit-xl-2-batch-1":
        case "dit-xl-2-batch-2":
            var count = name[^1] - '0';
            var dit = Ready(NewDiT(), type);
            var (x, t, y) = (Normal(count, 4, 32, 32), full([count], 500, ScalarType.Int64), full([count], 3, ScalarType.Int64));
            return Quiet(() => dit.call(x, t, y));
        case "unet-512":
            var unet = Ready(NewUNet(), type);
            var (z, when, context) = (Normal(1, 4, 64, 64), full([1], 500, ScalarType.Int64), Normal(1, 77, 768));
            return Quiet(() => unet.call(z, when, context));
        case "resnet18-train-224": return Train("resnet18", 1000, 32, new ImageShape(3, 224, 224));
        case "resnet18-train-32": return Train("resnet18", 1000, 128, new ImageShape(3, 32, 32));
        case "mobilenet-v2-train-28": return Train("mobilenet_v2", 10, 100, new ImageShape(1, 28, 28));
        default: throw new ArgumentException($"unknown case '{name}'");
    }
}

static Action Train(string name, int classes, int batch, ImageShape shape)
{
    var network = Classifiers.Create(name, classes, shape).WithTorchDefaults(new SeedSequence(1));
    network.train();
    var optimizer = optim.SGD(network.parameters(), 0.01, 0.9, weight_decay: 1e-4);
    var (images, labels) = (randn(batch, shape.Channels, shape.Height, shape.Width), randint(0, classes, [batch], dtype: ScalarType.Int64));
    return () =>
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        nn.functional.cross_entropy(network.call(images), labels).backward();
        optimizer.step();
    };
}

static AutoencoderKL NewVae() => new(new AutoencoderKLShape(3, 4, [128, 256, 512, 512], 2, 32, 0.18215, 512));

static UNet NewUNet() => new(new UNetShape(4, [new(320, 8, true), new(640, 8, true), new(1280, 8, true), new(1280, 8, false)], 2, 768, 32, false, 64));

static DiT NewDiT() => new(new DiTShape(4, 32, 32, 1000, 2, 1152, 28, 16, LearnSigma: true));

static T Ready<T>(T network, ScalarType type) where T : nn.Module
{
    network.WithTorchDefaults(new SeedSequence(1));
    network.eval();
    network.to(type);
    foreach (var parameter in network.parameters()) parameter.requires_grad = false;
    return network;
}

static Action Quiet(Func<Tensor> run) => () =>
{
    using var quiet = no_grad();
    using var scope = NewDisposeScope();
    run();
};
