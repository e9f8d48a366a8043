using Ddoq.Neural.Checkpoints;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.Clip;

/// <summary>The text half of CLIP (Radford et al. 2021), Stable Diffusion's text encoder, with the parameter names of transformers' CLIPTextModel.</summary>
public sealed class ClipText : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "text_model")] private readonly ClipTextLayers _model;

    /// <summary>Builds the network; weights are to be read.</summary>
    public ClipText(ClipTextShape shape) : base(nameof(ClipText))
    {
        Shape = shape;
        _model = new ClipTextLayers(shape);
        RegisterComponents();
    }

    /// <summary>Names as published; older files also hold a table of positions 0, 1, 2, …, which is skipped.</summary>
    public static KeyMap Keys { get; } = new("transformers", key => key.EndsWith(".position_ids", StringComparison.Ordinal) ? null : key);

    /// <summary>Names in a single-file checkpoint of Stable Diffusion; its other parts are skipped.</summary>
    public static KeyMap SingleFileKeys { get; } = new("single file", key =>
    {
        const string prefix = "cond_stage_model.transformer.";
        return key.StartsWith(prefix, StringComparison.Ordinal) ? Keys.Rename(key[prefix.Length..]) : null;
    });

    /// <summary>Shape of the network.</summary>
    public ClipTextShape Shape { get; }

    /// <summary>The last hidden state, normed: what Stable Diffusion attends to.</summary>
    /// <param name="input">N x T token ids.</param>
    /// <returns>N x T x E.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _model.Norm(_model.Hidden(input)[^1]).MoveToOuterDisposeScope();
    }

    /// <summary>The embedded tokens and the result of every layer, each N x T x E and not normed.</summary>
    public IReadOnlyList<Tensor> HiddenStates(Tensor input) => _model.Hidden(input);

    /// <summary>The last hidden state at the end of the text: N x E.</summary>
    /// <param name="input">N x T token ids.</param>
    public Tensor Pooled(Tensor input)
    {
        using var scope = NewDisposeScope();
        // Files of before 2023 name 2 as the end, which is no end: there the largest id marks it.
        var ends = Shape.EndToken == 2 ? input.argmax(-1) : input.IsEqualTo(Shape.EndToken).to(ScalarType.Int32).argmax(-1);
        return call(input).gather(1, ends.view(-1, 1, 1).expand(-1, 1, Shape.Hidden)).squeeze(1).MoveToOuterDisposeScope();
    }
}

/// <summary>Embeddings, layers and the last norm.</summary>
internal sealed class ClipTextLayers : nn.Module
{
    [ComponentName(Name = "embeddings")] private readonly ClipEmbeddings _embeddings;
    [ComponentName(Name = "encoder")] private readonly ClipEncoder _encoder;
    [ComponentName(Name = "final_layer_norm")] private readonly LayerNorm _norm;

    public ClipTextLayers(ClipTextShape shape) : base(nameof(ClipTextLayers))
    {
        (_embeddings, _encoder, _norm) = (new ClipEmbeddings(shape), new ClipEncoder(shape), nn.LayerNorm(shape.Hidden));
        RegisterComponents();
    }

    public Tensor Norm(Tensor hidden) => _norm.call(hidden);

    public IReadOnlyList<Tensor> Hidden(Tensor tokens)
    {
        var mask = zeros(tokens.shape[1], tokens.shape[1]).FillWith(double.NegativeInfinity).triu(1); // a token sees itself and those before it
        return _encoder.Hidden(_embeddings.call(tokens), mask);
    }
}

/// <summary>Tokens and their positions: N x T to N x T x E.</summary>
internal sealed class ClipEmbeddings : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "token_embedding")] private readonly Embedding _tokens;
    [ComponentName(Name = "position_embedding")] private readonly Embedding _positions;

    public ClipEmbeddings(ClipTextShape shape) : base(nameof(ClipEmbeddings))
    {
        (_tokens, _positions) = (nn.Embedding(shape.Vocabulary, shape.Hidden), nn.Embedding(shape.Length, shape.Hidden));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _tokens.call(input).Plus(_positions.call(TensorArithmetic.CountUp(input.shape[1], ScalarType.Int64))).MoveToOuterDisposeScope();
    }
}

/// <summary>The layers, one after another.</summary>
internal sealed class ClipEncoder : nn.Module
{
    [ComponentName(Name = "layers")] private readonly ModuleList<ClipLayer> _layers;

    public ClipEncoder(ClipTextShape shape) : base(nameof(ClipEncoder))
    {
        _layers = nn.ModuleList([.. Enumerable.Range(0, shape.Depth).Select(_ => new ClipLayer(shape))]);
        RegisterComponents();
    }

    public IReadOnlyList<Tensor> Hidden(Tensor embedded, Tensor mask)
    {
        List<Tensor> states = [embedded];
        foreach (var layer in _layers) states.Add(layer.call(states[^1], mask));
        return states;
    }
}

/// <summary>Attention and feed-forward layers, each normed before and added after: N x T x E to the same.</summary>
internal sealed class ClipLayer : nn.Module<Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "layer_norm1")] private readonly LayerNorm _firstNorm;
    [ComponentName(Name = "self_attn")] private readonly ClipAttention _attention;
    [ComponentName(Name = "layer_norm2")] private readonly LayerNorm _secondNorm;
    [ComponentName(Name = "mlp")] private readonly ClipMlp _mlp;

    public ClipLayer(ClipTextShape shape) : base(nameof(ClipLayer))
    {
        (_firstNorm, _secondNorm) = (nn.LayerNorm(shape.Hidden), nn.LayerNorm(shape.Hidden));
        (_attention, _mlp) = (new ClipAttention(shape), new ClipMlp(shape));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var h = x.Plus(_attention.call(_firstNorm.call(x), mask));
        return h.Plus(_mlp.call(_secondNorm.call(h))).MoveToOuterDisposeScope();
    }
}

/// <summary>Multi-head self-attention under a mask.</summary>
internal sealed class ClipAttention : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly long _heads;
    [ComponentName(Name = "q_proj")] private readonly Linear _queries;
    [ComponentName(Name = "k_proj")] private readonly Linear _keys;
    [ComponentName(Name = "v_proj")] private readonly Linear _values;
    [ComponentName(Name = "out_proj")] private readonly Linear _out;

    public ClipAttention(ClipTextShape shape) : base(nameof(ClipAttention))
    {
        _heads = shape.Heads;
        (_queries, _keys, _values, _out) = (nn.Linear(shape.Hidden, shape.Hidden), nn.Linear(shape.Hidden, shape.Hidden), nn.Linear(shape.Hidden, shape.Hidden), nn.Linear(shape.Hidden, shape.Hidden));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor mask)
    {
        using var scope = NewDisposeScope();
        return _out.call(HeadedAttention.Of(_queries.call(x), _keys.call(x), _values.call(x), _heads, mask)).MoveToOuterDisposeScope();
    }
}

/// <summary>Two layers with x sigmoid(1.702 x) between.</summary>
internal sealed class ClipMlp : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "fc1")] private readonly Linear _up;
    [ComponentName(Name = "fc2")] private readonly Linear _down;

    public ClipMlp(ClipTextShape shape) : base(nameof(ClipMlp))
    {
        (_up, _down) = (nn.Linear(shape.Hidden, shape.Inner), nn.Linear(shape.Inner, shape.Hidden));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var h = _up.call(input);
        return _down.call(h * h.Times(1.702).sigmoid()).MoveToOuterDisposeScope();
    }
}
