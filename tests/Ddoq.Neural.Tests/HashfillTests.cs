using System.Text.Json;

namespace Ddoq.Neural.Tests;

/// <summary>Our reading of the rule that fills the golden networks, against its own test vectors.</summary>
[Trait("golden", "hashfill")]
public sealed class HashfillTests
{
    private readonly JsonElement _vectors = JsonDocument.Parse(File.ReadAllBytes(Golden.File("hashfill.json"))).RootElement;

    [Fact]
    public void Values_NamedSequences_EqualTheVectors()
    {
        foreach (var row in _vectors.GetProperty("sequence").EnumerateArray())
        {
            var (name, seed) = (row.GetProperty("name").GetString()!, row.GetProperty("seed").GetInt64());
            Assert.Equal(row.GetProperty("fnv1a64_of_seed_slash_name_hex").GetString(), Hashfill.Key(name, seed).ToString("x16"));
            Assert.Equal(row.GetProperty("v_first6").EnumerateArray().Select(v => v.GetDouble()), Hashfill.Values(name, seed, 6));
        }
    }

    [Fact]
    public void Parameter_EveryKind_EqualsTheVectorsBitForBit()
    {
        foreach (var row in _vectors.GetProperty("parameters").EnumerateArray())
        {
            var rule = new HashfillRule(Number(row, "gain"), Number(row, "norm_center"), Number(row, "norm_spread"), Number(row, "bias_scale"));
            var shape = row.GetProperty("shape").EnumerateArray().Select(v => v.GetInt64()).ToArray();
            var values = Hashfill.Parameter(row.GetProperty("key").GetString()!, shape, row.GetProperty("seed").GetInt64(), rule);
            Assert.Equal(Bits(row, "first4_bits_hex"), values.Take(4).Select(Hex));
            Assert.Equal(Number(row, "sum_float64"), values.Sum(v => (double)v), 1e-12);
        }
    }

    [Fact]
    public void Noise_Example_EqualsTheVectorsBitForBit()
    {
        var row = _vectors.GetProperty("noise");
        Assert.Equal(Bits(row, "bits_hex"), Hashfill.Noise(row.GetProperty("name").GetString()!, row.GetProperty("seed").GetInt64(), 5L).Select(Hex));
    }

    private static double Number(JsonElement row, string name) => row.GetProperty(name).GetDouble();

    private static IEnumerable<string> Bits(JsonElement row, string name) => row.GetProperty(name).EnumerateArray().Select(v => v.GetString()!);

    private static string Hex(float value) => BitConverter.SingleToUInt32Bits(value).ToString("x8");
}
