using System.Text;
using CsCheck;
using Ddoq.Formats;
using Ddoq.Foundations;

namespace Ddoq.Tests.Formats;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Trait("golden", "formats")]
    public void Open_GoldenFile_ReadsEveryDtype()
    {
        using var file = SafetensorsFile.Open(Golden.File("formats", "expected.safetensors"));
        Assert.Equal(19, file.Tensors.Count);
        Assert.Equal("all dtypes", file.Metadata["note"]);
        Assert.Empty(file.Find("scalar_float").Shape);
        Assert.Equal([0L, 4L], file.Find("empty").Shape);
        Assert.Empty(file.ReadFloats("empty"));
        Assert.Single(file.ReadInt64("num_batches_tracked"));
        Assert.Equal(2, file.ReadFloats("ключ.unicode_é").Length);
        Assert.All(file.ReadInt64("bool"), v => Assert.InRange(v, 0, 1));
        foreach (var name in new[] { "int8", "int16", "int32", "int64", "uint8" }) Assert.Equal(file.Find(name).Count, file.ReadInt64(name).Length);
    }

    [Fact]
    public void AddParts_OfOneTensor_WritesTheBytesOfTheWhole()
    {
        float[] values = [.. Enumerable.Range(0, 12).Select(i => i * 0.5f)];
        var (whole, parts) = (Path.Combine(_folder.Path, "whole.safetensors"), Path.Combine(_folder.Path, "parts.safetensors"));
        new SafetensorsWriter().Add("x", values, 6, 2).Write(whole);
        new SafetensorsWriter().AddParts("x", [values.AsMemory(0, 5), ReadOnlyMemory<float>.Empty, values.AsMemory(5)], 6, 2).Write(parts);
        Assert.Equal(File.ReadAllBytes(whole), File.ReadAllBytes(parts));
        Assert.Throws<ArgumentException>(() => new SafetensorsWriter().AddParts("x", [values], 5, 2));
    }

    [Fact]
    [Trait("golden", "formats")]
    public void ReadFloats_GoldenViews_AgreeWithTheTensorTheyView()
    {
        using var file = SafetensorsFile.Open(Golden.File("formats", "expected.safetensors"));
        var weight = file.ReadFloats("module.weight");
        var transposed = file.ReadFloats("module.transposed_view");
        for (var r = 0; r < 6; r++)
            for (var c = 0; c < 8; c++) Assert.Equal(weight[r * 8 + c], transposed[c * 6 + r]);
        Assert.Equal(weight, file.ReadFloats("module.tied"));
        Assert.Equal(file.ReadDoubles("double").Select(v => (float)v), file.ReadFloats("double"));
    }

    [Fact]
    [Trait("golden", "formats")]
    public void Open_GoldenBadFiles_RefusesEach()
    {
        var bad = Directory.GetFiles(Golden.File("formats"), "bad_*.safetensors");
        Assert.NotEmpty(bad);
        foreach (var path in bad)
        {
            var error = Assert.Throws<BadInputException>(() => SafetensorsFile.Open(path));
            Assert.Contains(path, error.Message);
        }
    }

    [Fact]
    public void ReadFloats_HalfAndBFloat16_AreWidenedExactly()
    {
        Half[] halves = [(Half)1.5f, (Half)(-0.25f), Half.MaxValue, Half.Epsilon];
        ushort[] brain = [0x3FC0, 0xC000]; // 1.5, -2 by hand: sign, 8 exponent bits, 7 fraction bits
        new SafetensorsWriter().Add("h", halves, 4).AddRaw("b", ElementType.BFloat16, System.Runtime.InteropServices.MemoryMarshal.AsBytes<ushort>(brain).ToArray(), 2).Write(_folder["x"]);
        using var file = SafetensorsFile.Open(_folder["x"]);
        Assert.Equal([1.5f, -0.25f, 65504f, 5.9604645e-8f], file.ReadFloats("h"));
        Assert.Equal([1.5f, -2f], file.ReadFloats("b"));
        Assert.Equal([1.5, -2], file.ReadDoubles("b"));
    }

    [Fact]
    public void ReadFloats_DoubleBeyondSingle_IsRefusedNotInfinite()
    {
        new SafetensorsWriter().Add("d", new[] { 1.0, 1e300 }, 2).Write(_folder["x"]);
        using var file = SafetensorsFile.Open(_folder["x"]);
        Assert.Contains("'d'", Assert.Throws<BadInputException>(() => file.ReadFloats("d")).Message);
        Assert.Equal([1.0, 1e300], file.ReadDoubles("d"));
    }

    [Fact]
    public void ReadFloats_Range_ReadsThatPartOnly()
    {
        new SafetensorsWriter().Add("x", new float[] { 0, 1, 2, 3, 4, 5 }, 3, 2).Write(_folder["x"]);
        using var file = SafetensorsFile.Open(_folder["x"]);
        var row = new float[2];
        file.ReadFloats("x", 4, row);
        Assert.Equal([4f, 5f], row);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadFloats("x", 5, new float[2]));
    }

    [Fact]
    public void Find_UnknownName_ListsWhatIsThere()
    {
        new SafetensorsWriter().Add("weight", new float[1], 1).Write(_folder["x"]);
        using var file = SafetensorsFile.Open(_folder["x"]);
        Assert.Contains("weight", Assert.Throws<BadInputException>(() => file.ReadFloats("bias")).Message);
        Assert.Contains("F32", Assert.Throws<BadInputException>(() => file.ReadInt64("weight")).Message);
    }

    [Fact]
    public void Write_AnyContent_IsReadBackTheSame() =>
        Gen.Select(Gen.String[1, 12], Gen.Float.Array[0, 40], Gen.Long.Array[0, 9], Gen.String).Sample((name, floats, longs, note) =>
        {
            if (name == "__metadata__" || !IsText(name) || !IsText(note)) return;
            new SafetensorsWriter().Add(name, floats, floats.Length, 1).Add(name + "/n", longs, longs.Length).Describe("note", note).Write(_folder["round"], replace: true);
            using var file = SafetensorsFile.Open(_folder["round"]);
            Assert.Equal(floats, file.ReadFloats(name));
            Assert.Equal(longs, file.ReadInt64(name + "/n"));
            Assert.Equal(note, file.Metadata["note"]);
        }, iter: 100, threads: 1);

    [Fact]
    public void Write_OtherOrderOfAdding_GivesTheSameBytes()
    {
        new SafetensorsWriter().Add("a", new byte[] { 1 }, 1).Add("b", new double[] { 2 }, 1).Add("c", new float[] { 3 }, 1).Describe("k", "1").Describe("j", "2").Write(_folder["x"]);
        new SafetensorsWriter().Describe("j", "2").Add("c", new float[] { 3 }, 1).Describe("k", "1").Add("b", new double[] { 2 }, 1).Add("a", new byte[] { 1 }, 1).Write(_folder["y"]);
        var bytes = File.ReadAllBytes(_folder["x"]);
        Assert.Equal(bytes, File.ReadAllBytes(_folder["y"]));
        Assert.Equal(0UL, BitConverter.ToUInt64(bytes) % 8);
        using var file = SafetensorsFile.Open(_folder["x"]);
        Assert.Equal(["b", "c", "a"], file.Tensors.Select(t => t.Name));
    }

    [Fact]
    public void Write_ExistingFile_IsRefusedAndLeftAlone()
    {
        File.WriteAllText(_folder["x"], "mine");
        Assert.Throws<UsageException>(() => new SafetensorsWriter().Write(_folder["x"]));
        Assert.Equal("mine", File.ReadAllText(_folder["x"]));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Add_WrongShapeOrTakenName_IsRefused()
    {
        var writer = new SafetensorsWriter().Add("x", new float[2], 2);
        Assert.Throws<ArgumentException>(() => writer.Add("x", new float[2], 2));
        Assert.Throws<ArgumentException>(() => writer.Add("y", new float[2], 3));
        Assert.Throws<ArgumentException>(() => writer.Add("y", new float[2], -1, -2));
        Assert.Throws<ArgumentException>(() => writer.Add("__metadata__", new float[2], 2));
    }

    [Theory]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}  ", 2, null)] // trailing spaces are permitted
    [InlineData("{}", 0, null)]
    [InlineData(" {}", 0, "'{'")]
    [InlineData("[]", 0, "'{'")]
    [InlineData("{\"a\":1}", 0, "object")]
    [InlineData("{\"a\":NaN}", 0, "JSON")]
    [InlineData("{\"__metadata__\":{\"a\":1}}", 0, "text")]
    [InlineData("{\"__metadata__\":[]}", 0, "object")]
    [InlineData("{\"\\ud800\":1}", 0, "Unicode")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 2, "uplicate")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]}}", 1, "backwards")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[-1,0]}}", 1, "-1")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,9223372036854775808]}}", 1, "2^63")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1.0],\"data_offsets\":[0,1]}}", 1, "1.0")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,3]}}", 3, "hole")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", 3, "overlap")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 2, "hole")]
    [InlineData("{\"a\":{\"dtype\":\"F64\",\"shape\":[4611686018427387904,2],\"data_offsets\":[0,0]}}", 0, "overflows")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,2]}}", 2, "needs 4")]
    [InlineData("{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "F33")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 2, "follow")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}}", 2, "truncated")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[3]}}", 2, "data_offsets")]
    [InlineData("{\"a\":{\"shape\":[3],\"data_offsets\":[0,3]}}", 3, "dtype")]
    public void Open_HandWrittenHeader_FollowsTheRules(string header, int dataBytes, string? complaint)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var path = _folder.Write("x", [.. BitConverter.GetBytes((ulong)text.Length), .. text, .. new byte[dataBytes]]);
        if (complaint is null) SafetensorsFile.Open(path).Dispose();
        else Assert.Contains(complaint, Assert.Throws<BadInputException>(() => SafetensorsFile.Open(path)).Message);
    }

    [Fact]
    public void Open_HeaderNotUtf8_IsRefused()
    {
        var path = _folder.Write("x", [3, 0, 0, 0, 0, 0, 0, 0, (byte)'{', 0xFF, (byte)'}']);
        Assert.Contains("UTF-8", Assert.Throws<BadInputException>(() => SafetensorsFile.Open(path)).Message);
    }

    [Fact]
    public void Open_HeaderLengthOfAllOnes_IsRefused()
    {
        var path = _folder.Write("x", [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, (byte)'{', (byte)'}']);
        Assert.Contains("at most", Assert.Throws<BadInputException>(() => SafetensorsFile.Open(path)).Message);
    }

    [Fact]
    public void Open_ZipArchive_SaysHowToConvert()
    {
        var path = _folder.Write("x.pt", "PK\x3\x4 and more bytes"u8);
        Assert.Contains("Convert", Assert.Throws<BadInputException>(() => SafetensorsFile.Open(path)).Message);
    }

    [Fact]
    public void Open_MissingFileOrFolder_NamesThePath()
    {
        Assert.Contains("nothing-here", Assert.Throws<BadInputException>(() => SafetensorsFile.Open(_folder["nothing-here"])).Message);
        Assert.Contains(_folder.Path, Assert.Throws<BadInputException>(() => SafetensorsFile.Open(_folder.Path)).Message);
    }

    [Fact]
    public void Open_MutatedBytes_ReadsOrRefusesButNeverFails()
    {
        new SafetensorsWriter().Add("alpha", new float[] { 1, 2, 3 }, 3).Add("beta", new long[] { 4 }, 1).Describe("k", "v").Write(_folder["good"]);
        var good = File.ReadAllBytes(_folder["good"]);
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length]).Array[1, 4].Sample(changes =>
        {
            var bytes = good.ToArray();
            foreach (var (at, value, _) in changes) bytes[at] = value;
            if (changes.Length == 4) bytes = bytes[..changes[0].Item3];
            var path = _folder.Write("mutant", bytes);
            try
            {
                using var file = SafetensorsFile.Open(path);
                Assert.Equal(bytes.Length, 8 + (long)BitConverter.ToUInt64(bytes) + file.Tensors.Sum(t => (long)file.ReadBytes(t.Name).Length));
            }
            catch (BadInputException e)
            {
                Assert.Contains("mutant", e.Message);
            }
        }, iter: 2000, threads: 1);
    }

    private static bool IsText(string s) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(s)) == s;
}
