using System.IO.Compression;
using System.Text.Json;
using Ddoq.Neural.Checkpoints;
using Ddoq.Neural.Networks.Clip;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Tests.Goldens;

/// <summary>Our text encoder against transformers.</summary>
[Trait("golden", "clip")]
public sealed class ClipGoldenTests
{
    public static TheoryData<string> Cases => GoldenNetwork.Cases("clip");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_EveryCase_GivesEveryStateAndThePooledOne(string name)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var golden = new GoldenTensors("clip", $"{name}_io.safetensors");
        var (golds, network) = Load(name);
        var ids = golden["input_ids"];
        golds.Require(golden, "last_hidden_state", LeakCheck.Call(() => network.call(ids)));
        golds.Require(golden, "pooler_output", network.Pooled(ids));
        var states = network.HiddenStates(ids);
        Assert.Equal(golden.Names.Count(n => n.StartsWith("hidden_states.", StringComparison.Ordinal)), states.Count);
        for (var k = 0; k < states.Count; k++) golds.Require(golden, $"hidden_states.{k}", states[k]);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Backward_EveryCase_GivesTheGradients(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTensors("clip", $"{name}_io.safetensors");
        var (_, network) = Load(name);
        network.call(golden["input_ids"]).square().mean().backward();
        var gradients = network.named_parameters().ToDictionary(p => $"grad.{p.name}", p => p.parameter.grad);
        string[] stored = [.. golden.Names.Where(n => n.StartsWith("grad.", StringComparison.Ordinal))];
        Assert.NotEmpty(stored);
        foreach (var key in stored) GoldenTolerance.RequireGradient(gradients[key]!, golden[key], key);
    }

    private static (GoldenNetwork, ClipText) Load(string name)
    {
        var golds = new GoldenNetwork("clip", name);
        var network = new ClipText(ClipTextShape.Of(golds.Config()));
        golds.Fill(network, ClipText.Keys);
        return (golds, network);
    }
}

/// <summary>Our ids against transformers' for every prompt of the data, with CLIP's own vocabulary.</summary>
[Trait("golden", "tokenizer")]
public sealed class ClipTokenizerGoldenTests
{
    private static readonly Lazy<ClipTokenizer> Tokenizer = new(FromGolden);

    public static TheoryData<int, string> Prompts
    {
        get
        {
            if (!Golden.Names("clip").Contains("tokenizer")) return new() { { 0, "" } };
            return [.. Rows().Select((row, i) => (i, row.GetProperty("text").GetString()!))];
        }
    }

    [Theory]
    [MemberData(nameof(Prompts))]
    public void EncodePadded_EveryPrompt_GivesTheIds(int index, string text)
    {
        var row = Rows().ElementAt(index);
        Assert.Equal(row.GetProperty("input_ids_77").EnumerateArray().Select(v => v.GetInt64()), Tokenizer.Value.EncodePadded(text, 77));
    }

    private static IEnumerable<JsonElement> Rows() => GoldenTensors.Json("clip", "tokenizer.json").GetProperty("prompts").EnumerateArray();

    // 256 byte symbols, the same at the end of a word, the merges, and two marks.
    private static ClipTokenizer FromGolden()
    {
        using var packed = new GZipStream(File.OpenRead(Golden.File("clip", "bpe_simple_vocab_16e6.txt.gz")), CompressionMode.Decompress);
        using var reader = new StreamReader(packed);
        string[] merges = [.. reader.ReadToEnd().Split('\n').Skip(1).Take(48894)];
        string[] bytes = [.. ByteSymbols()];
        string[] symbols = [.. bytes, .. bytes.Select(b => b + "</w>"), .. merges.Select(m => m.Replace(" ", "", StringComparison.Ordinal)), "<|startoftext|>", "<|endoftext|>"];
        return new ClipTokenizer(symbols.Select((s, i) => (s, i)).ToDictionary(p => p.s, p => p.i), merges);
    }

    // Printable bytes stand for themselves and come first; the others are moved beyond the first 256 characters.
    private static IEnumerable<string> ByteSymbols()
    {
        static bool Printable(int b) => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
        foreach (var b in Enumerable.Range(0, 256).Where(Printable)) yield return ((char)b).ToString();
        for (var moved = 256; moved < 256 + Enumerable.Range(0, 256).Count(b => !Printable(b)); moved++) yield return ((char)moved).ToString();
    }
}
