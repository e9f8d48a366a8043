using System.Text;
using CsCheck;
using Ddoq.Datasets;
using Ddoq.Distilled;
using Ddoq.Foundations;

namespace Ddoq.Tests.Distilled;

/// <summary>Sets that were damaged or forged: each is named, none is read.</summary>
public sealed class HostileSetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Set => Path.Combine(_folder.Path, "set");

    private string At(string file) => Path.Combine(Set, file);

    [Fact]
    public void Verify_SoundSets_FindsNothing()
    {
        SampleSets.Create(channels: 3, views: 2).Save(Set);
        Assert.Empty(DistilledSetVerifier.Verify(Set));
    }

    [Fact]
    public void Verify_OneBitFlippedAnywhere_IsFoundInEveryFile()
    {
        SampleSets.Create(views: 1).Save(Set);
        foreach (var (file, bytes) in DistilledSetTests.Contents(Set))
            foreach (var place in new[] { 0, bytes.Length / 3, bytes.Length / 2, bytes.Length - 1 })
            {
                byte[] damaged = [.. bytes];
                damaged[place] ^= 1;
                File.WriteAllBytes(At(file), damaged);
                Assert.True(DistilledSetVerifier.Verify(Set).Count > 0, $"byte {place} of {file}");
                File.WriteAllBytes(At(file), bytes);
            }
        Assert.Empty(DistilledSetVerifier.Verify(Set));
    }

    [Fact]
    public void Verify_FileMissing_IsFoundForEveryFile()
    {
        SampleSets.Create(views: 1).Save(Set);
        foreach (var (file, bytes) in DistilledSetTests.Contents(Set))
        {
            File.Delete(At(file));
            Assert.Contains(DistilledSetVerifier.Verify(Set), p => p.Contains(Path.GetFileName(file)));
            File.WriteAllBytes(At(file), bytes);
        }
    }

    [Fact]
    public void Verify_FileAddedOrLinkedFolder_IsNamed()
    {
        SampleSets.Create().Save(Set);
        File.WriteAllText(At("train/0_T-shirt-top/extra.png"), "");
        Directory.CreateSymbolicLink(At("train/loop"), Set);
        Assert.Equal(["'train/0_T-shirt-top/extra.png' is not listed in the manifest.", "'train/loop' is not listed in the manifest."], DistilledSetVerifier.Verify(Set));
    }

    [Fact]
    public void Verify_SeveralProblems_NamesAll()
    {
        SampleSets.Create().Save(Set);
        File.AppendAllText(At("README.md"), "more");
        File.Delete(At("load_ddoq.py"));
        Forge("train/metadata.csv", t => t.Replace(",0.875,10,", ",0.5,-10,"));
        var problems = string.Join('\n', DistilledSetVerifier.Verify(Set));
        foreach (var part in new[] { "'README.md' has", "'load_ddoq.py' is missing", "count -10 at row 0", "have mean 0.8125", "'counts'" })
            Assert.Contains(part, problems);
    }

    [Theory]
    [InlineData("0_T-shirt-top/0_T-shirt-top_00000.png", "../../outside.png", "leads out of the set")]
    [InlineData("0_T-shirt-top/0_T-shirt-top_00000.png", "/etc/hostname", "leads out of the set")]
    [InlineData("0_T-shirt-top/0_T-shirt-top_00000.png", "https://host/a.png", "leads out of the set")]
    [InlineData("0_T-shirt-top/0_T-shirt-top_00000.png", "0_T-shirt-top/0_T-shirt-top_00001.png", "should be '0_T-shirt-top/0_T-shirt-top_00000.png'")]
    [InlineData(",0,T-shirt/top,", ",3,T-shirt/top,", "outside [0, 3)")]
    [InlineData(",0,T-shirt/top,", ",-1,T-shirt/top,", "outside [0, 3)")]
    [InlineData(",0,T-shirt/top,", ",0.5,T-shirt/top,", "label '0.5'")]
    [InlineData(",0,T-shirt/top,", ",0,Trouser,", "class 'Trouser'")]
    [InlineData(",0.875,", ",NaN,", "not a finite number")]
    [InlineData(",0.875,", ",-0.875,", "not a finite number")]
    [InlineData(",0.875,", ",1.875,", "have mean")]
    [InlineData(",0.875,", ",,", "weight ''")]
    [InlineData("file_name,label", "file,label", "should start with the columns")]
    [InlineData("\"Trouser, ", "\"Trou\"ser, ", "comma-separated")]
    public void Load_ForgedMetadata_SaysWhatIsWrong(string from, string to, string message)
    {
        SampleSets.Create().Save(Set);
        Forge("train/metadata.csv", t => Replace(t, from, to));
        var error = Assert.Throws<BadInputException>(() => DistilledSet.Load(Set));
        Assert.Contains(message, error.Message);
        Assert.Contains(DistilledSetVerifier.Verify(Set), p => p.Contains(message));
    }

    [Fact]
    public void Load_AllWeightsOfAClassZero_Refuses()
    {
        SampleSets.Create().Save(Set);
        Forge("train/metadata.csv", t => t.Replace(",0.875,", ",0,").Replace(",1.125,", ",0,"));
        Assert.Contains("all weights of class 0", Assert.Throws<BadInputException>(() => DistilledSet.Load(Set)).Message);
    }

    [Fact]
    public void Load_RowsMissing_Refuses()
    {
        SampleSets.Create().Save(Set);
        Forge("train/metadata.csv", t => string.Join('\n', t.Split('\n')[..^2]) + "\n");
        Assert.Contains("class 2 'Sandal' has no image", Assert.Throws<BadInputException>(() => DistilledSet.Load(Set)).Message);
    }

    [Fact]
    public void Load_ImageOfAnotherSizeOrChannels_Refuses()
    {
        SampleSets.Create().Save(Set);
        foreach (var shape in new[] { new ImageShape(1, 5, 8), new ImageShape(3, 5, 7) })
        {
            Forge("train/2_Sandal/2_Sandal_00000.png", _ => ImageCodec.EncodePng(new byte[shape.Size], shape));
            var message = Assert.Throws<BadInputException>(() => DistilledSet.Load(Set)).Message;
            Assert.Contains($"is {shape}, expected 1x5x7", message);
            Assert.Contains(DistilledSetVerifier.Verify(Set), p => p.Contains($"is {shape}, expected 1x5x7"));
        }
    }

    [Fact]
    public void Load_TargetsOfAnotherOrder_Refuses()
    {
        var set = SampleSets.Create();
        set.Save(Set);
        var swapped = new DistilledSet(set.ClassNames, set.Shape, set.Pixels.ToArray(), [set.Images[1], set.Images[0], .. set.Images.Skip(2)], set.Provenance);
        swapped.Save(Path.Combine(_folder.Path, "other"));
        Forge("targets.safetensors", _ => File.ReadAllBytes(Path.Combine(_folder.Path, "other", "targets.safetensors")));
        var message = Assert.Throws<BadInputException>(() => DistilledSet.Load(Set)).Message;
        Assert.Contains("tensor 'counts'", message);
        Assert.Contains("says 11 at row 0, the metadata says 10", message);
    }

    [Fact]
    public void Load_SoftLabelsNotFinite_Refuses()
    {
        SampleSets.Create(views: 1).Save(Set);
        Forge("targets.safetensors", bytes => [.. bytes[..^2], 0x00, 0x7C]);
        Assert.Contains("image 5 is", Assert.Throws<BadInputException>(() => DistilledSet.Load(Set)).Message);
        Assert.Contains(DistilledSetVerifier.Verify(Set), p => p.Contains("soft labels") && p.Contains("image 5 is"));
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2", "format version 2, this tool reads version 1")]
    [InlineData("ddoq-distilled-set", "other-set", "format 'other-set'")]
    [InlineData("\"images\": 6", "\"images\": 7", "says 7 images, the metadata has 6 rows")]
    [InlineData("\"images\": 6", "\"images\": 6, \"surprise\": 1", "surprise")]
    [InlineData("\"images\": 6", "\"images\": 6, \"images\": 6", "manifest that this version reads")]
    [InlineData("\"images\": 6", "\"images\": \"6\"", "manifest that this version reads")]
    [InlineData("\"channels\": 1", "\"channels\": 2", "expected 1 or 3 channels")]
    [InlineData("\"height\": 5", "\"height\": 2000000000", "sides of 1 to 16384")]
    [InlineData("\"README.md\"", "\"../README.md\"", "leads out of the set")]
    [InlineData("\"name\": \"Sandal\"", "\"name\": null", "manifest that this version reads")]
    [InlineData("\"guidance\": \"1.5\"", "\"guidance\": null", "null entry")]
    [InlineData("\"images_per_class\": 3", "\"images_per_class\": 0", "images per class is 0")]
    public void Load_ForgedManifest_SaysWhatIsWrong(string from, string to, string message)
    {
        SampleSets.Create().Save(Set);
        File.WriteAllText(At("manifest.json"), Replace(File.ReadAllText(At("manifest.json")), from, to));
        Assert.Contains(message, Assert.Throws<BadInputException>(() => DistilledSet.Load(Set)).Message);
        Assert.Contains(DistilledSetVerifier.Verify(Set), p => p.Contains(message));
    }

    [Fact]
    public void Load_NoSetThere_SaysSo()
    {
        Assert.Contains("not a folder", Assert.Throws<BadInputException>(() => DistilledSet.Load(Set)).Message);
        Directory.CreateDirectory(Set);
        Assert.Contains("not a distilled set", Assert.Throws<BadInputException>(() => DistilledSet.Load(Set)).Message);
        Assert.Single(DistilledSetVerifier.Verify(Set));
    }

    [Fact]
    public void Load_AnyMutatedBytes_FailsWithAMessageOrReadsTheSame()
    {
        SampleSets.Create(views: 1).Save(Set);
        var whole = DistilledSetTests.Contents(Set);
        var print = DistilledSet.Load(Set).Fingerprint;
        var files = whole.Keys.ToArray();
        Gen.Select(Gen.Int[0, files.Length - 1], Gen.Int[0, 1 << 20], Gen.Byte[1, 255]).Sample((f, place, change) =>
        {
            byte[] damaged = [.. whole[files[f]]];
            damaged[place % damaged.Length] ^= change;
            File.WriteAllBytes(At(files[f]), damaged);
            try
            {
                // README, loader and spelling within the manifest are not part of what is trained on.
                Assert.Equal(print, DistilledSet.Load(Set).Fingerprint);
            }
            catch (BadInputException e)
            {
                Assert.NotEmpty(e.Message);
            }
            File.WriteAllBytes(At(files[f]), whole[files[f]]);
        }, iter: 300, threads: 1);
    }

    private static string Replace(string text, string from, string to)
    {
        Assert.Contains(from, text);
        var at = text.IndexOf(from, StringComparison.Ordinal);
        return text[..at] + to + text[(at + from.Length)..];
    }

    private void Forge(string file, Func<string, string> change) => Forge(file, bytes => Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(bytes))));

    // A forger who also mends the hashes: only the content itself can give the set away.
    private void Forge(string file, Func<byte[], byte[]> change)
    {
        var forged = change(File.ReadAllBytes(At(file)));
        var manifest = SetManifest.Parse(File.ReadAllBytes(At("manifest.json")), "manifest.json");
        var files = manifest.Files.ToDictionary();
        files[file] = new FileRecord(forged.Length, Hashes.OfBytes(forged));
        var bytes = (manifest with { Files = files }).ToBytes();
        File.WriteAllBytes(At(file), forged);
        File.WriteAllBytes(At("manifest.json"), bytes);
        File.WriteAllText(At("manifest.json.sha256"), $"{Hashes.OfBytes(bytes)}  manifest.json\n");
    }
}
