using Ddoq.Cli.Models;
using Ddoq.Cli.Tests.CommandLine;
using Ddoq.Cli.Tests.Commands;
using Ddoq.Foundations;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Synthesis;
using TorchSharp;

namespace Ddoq.Cli.Tests.Models;

[Collection(TinyRunCollection.Name)]
public sealed class ModelChoiceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly BundledModels _bundles;

    public ModelChoiceTests(TinyRun run)
    {
        foreach (var kind in new[] { "vae", "prior", "teacher" }) run.Copy(kind, _folder[$"bundles/bars/{kind}"]);
        _bundles = new BundledModels(_folder["bundles"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Resolve_Bundle_ItsOwnEncoderAndPrior()
    {
        var choice = Resolve("bars");
        Assert.Equal(("bars", "vae", "dit"), (choice.Name, choice.Codec.Name, choice.Prior.Name));
        Assert.Equal(choice.Codec.Hash, choice.Prior.EncoderHash);
        Assert.Equal(TinyImages.Classes, TeacherChoice.Resolve("bars", bundled: _bundles).Settings.Classes);
    }

    [Fact]
    public void Resolve_FolderLikeABundle_TheSame()
    {
        var folder = _folder["bundles/bars"];
        Assert.Equal(Resolve("bars").Prior.Hash, Resolve(folder).Prior.Hash);
        Assert.Equal(Resolve("bars").Codec.Hash, Resolve("none", folder).Codec.Hash);
        Assert.Equal(Resolve("bars").Codec.Hash, Resolve(Path.Combine(folder, "prior"), "bars").Codec.Hash);
        Assert.Equal(TeacherChoice.Resolve("bars", bundled: _bundles).Hash, TeacherChoice.Resolve(folder, bundled: _bundles).Hash);
    }

    [Fact]
    public void Resolve_None_LeavesThePoint()
    {
        var choice = Resolve("none", "bars");
        Assert.Equal([1f, 2f], choice.Prior.Refine([1f, 2f], Latents.LatentShape.Vector(2), new ClassLabel(0, "any"), new SeedSequence(0)));
        choice.RequireKnows(["anything"]);
    }

    [Fact]
    public void Resolve_Unknown_ListsTheBundles() =>
        Assert.Contains("Accepted: bars; none", Assert.Throws<UsageException>(() => Resolve("bras")).Message, StringComparison.Ordinal);

    [Fact]
    public void Resolve_PcaWithVae_Refused() => Assert.Throws<UsageException>(() => Resolve("pca", "bars"));

    [Fact]
    public void RequireKnows_ClassesInAnotherOrder_Refused() => Assert.Throws<BadInputException>(() => Resolve("bars").RequireKnows(["standing", "lying"]));

    [Fact]
    public void Folder_ModelMissing_SaysWhatToTrain()
    {
        Directory.Delete(_folder["bundles/bars/prior"], recursive: true);
        Assert.Contains("ddoq fit prior", Assert.Throws<BadInputException>(() => Resolve("bars")).Message, StringComparison.Ordinal);
        Assert.Empty(new BundledModels(_folder["absent"]).Names);
    }

    [Fact]
    public void BesideTheProgram_FashionMnist_AllThreeModelsFitTogether()
    {
        if (!BundledModels.BesideTheProgram.Has(BundledModels.Default)) Assert.Skip("this checkout has no bundled models");
        var choice = PriorChoice.Resolve(BundledModels.Default, null, new SynthesisOptions());
        choice.RequireKnows(TeacherChoice.Resolve(BundledModels.Default).Settings.Classes);
        Assert.Equal("1x28x28", $"{choice.Codec.Image}");
    }

    // The tolerance that the documentation states, with room for other processors.
    [Fact]
    public void BesideTheProgram_InBFloat16_GivesNearlyTheSameImages()
    {
        if (!BundledModels.BesideTheProgram.Has(BundledModels.Default)) Assert.Skip("this checkout has no bundled models");
        byte[] Images(torch.ScalarType type)
        {
            var choice = PriorChoice.Resolve(BundledModels.Default, null, new SynthesisOptions { Precision = type });
            var draw = new SeedSequence(5).Stream("centroids");
            float[] centroids = [.. Enumerable.Range(0, 6 * choice.Codec.Latent.Dimension).Select(_ => (float)(0.5 * draw.NextGaussian()))];
            return choice.Codec.DecodeAll(choice.Prior.Refine(centroids, choice.Codec.Latent, new ClassLabel(9, "Ankle boot"), new SeedSequence(1)));
        }
        var differences = Images(torch.ScalarType.Float32).Zip(Images(torch.ScalarType.BFloat16), (a, b) => Math.Abs(a - b)).ToArray();
        Assert.InRange(differences.Average(), 0, 1);
        Assert.InRange(differences.Max(), 1, 24);
    }

    private PriorChoice Resolve(string spec, string? vae = null) => PriorChoice.Resolve(spec, vae, new SynthesisOptions(), bundled: _bundles);
}
