using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>Shape of a <see cref="DiT"/>. T tokens = (rows / Patch) (columns / Patch).</summary>
/// <param name="Channels">Channels of the latent.</param>
/// <param name="Height">Rows of the latent, a multiple of <paramref name="Patch"/>.</param>
/// <param name="Width">Columns of the latent, a multiple of <paramref name="Patch"/>.</param>
/// <param name="Classes">L; the table has one row more, the null class L.</param>
/// <param name="Patch">Side of a patch.</param>
/// <param name="Hidden">E, a multiple of 4 and of <paramref name="Heads"/>.</param>
/// <param name="Depth">Blocks.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="LearnSigma">Whether the output carries a second half for the variance.</param>
public sealed record DiTShape(int Channels, int Height, int Width, int Classes, int Patch = 2, int Hidden = 128, int Depth = 6, int Heads = 4, bool LearnSigma = false)
{
    /// <summary>Rows of patches.</summary>
    public int Rows => Height / Patch;

    /// <summary>Columns of patches.</summary>
    public int Columns => Width / Patch;

    /// <summary>Channels of the output.</summary>
    public int Outputs => LearnSigma ? 2 * Channels : Channels;

    /// <summary>Label that stands for "no class" in classifier-free guidance.</summary>
    public int NullClass => Classes;
}

/// <summary>
/// Diffusion transformer (Peebles and Xie 2023): patches as tokens, adaLN-Zero conditioning on timestep and class.
/// Parameter names and arithmetic are those of the official code.
/// </summary>
public sealed class DiT : nn.Module<Tensor, Tensor, Tensor, Tensor>
{
#pragma warning disable IDE1006, CS0649
    [ComponentName(Name = "x_embedder")] private readonly PatchEmbedding _patches;
    [ComponentName(Name = "t_embedder")] private readonly TimestepEmbedding _timestep;
    [ComponentName(Name = "y_embedder")] private readonly ClassEmbedding _class;
    [ComponentName(Name = "pos_embed")] private readonly Parameter _positions;
    [ComponentName(Name = "blocks")] private readonly ModuleList<DiTBlock> _blocks;
    [ComponentName(Name = "final_layer")] private readonly FinalLayer _final;
#pragma warning restore IDE1006, CS0649

    /// <summary>Builds the network with zero weights.</summary>
    public DiT(DiTShape shape) : base(nameof(DiT))
    {
        if (shape.Height % shape.Patch != 0 || shape.Width % shape.Patch != 0)
            throw new ArgumentException($"a latent of {shape.Height}x{shape.Width} cannot be cut into patches of {shape.Patch}x{shape.Patch}.", nameof(shape));
        Shape = shape;
        _patches = new PatchEmbedding(shape);
        _timestep = new TimestepEmbedding(shape.Hidden);
        _class = new ClassEmbedding(shape.Classes + 1, shape.Hidden);
        _positions = new Parameter(SineCosinePositions(shape), requires_grad: false);
        _blocks = nn.ModuleList([.. Enumerable.Range(0, shape.Depth).Select(_ => new DiTBlock(shape))]);
        _final = new FinalLayer(shape);
        RegisterComponents();
    }

    /// <summary>Shape of the network.</summary>
    public DiTShape Shape { get; }

    /// <summary>Predicts from noised latents.</summary>
    /// <param name="x">N x C x H x W.</param>
    /// <param name="t">N timesteps.</param>
    /// <param name="y">N class indices in [0, L], L = no class.</param>
    /// <returns>N x C x H x W, or N x 2C x H x W with a learned variance.</returns>
    public override Tensor forward(Tensor x, Tensor t, Tensor y)
    {
        using var scope = NewDisposeScope();
        var tokens = _patches.call(x).Plus(_positions);                        // N, T, E
        var condition = _timestep.call(t).Plus(_class.call(y));                // N, E
        foreach (var block in _blocks) tokens = block.call(tokens, condition); // N, T, E
        return Unpatchify(_final.call(tokens, condition)).MoveToOuterDisposeScope(); // N, C_out, H, W
    }

    /// <summary>The initialization of the paper: Xavier uniform layers, N(0, 0.02^2) embeddings, zero modulation and output.</summary>
    public DiT WithPaperInitialization(Foundations.SeedSequence seeds)
    {
        using var quiet = no_grad();
        foreach (var (name, p) in named_parameters())
        {
            if (name == "pos_embed") continue;
            var zero = name.EndsWith("bias", StringComparison.Ordinal) || name.Contains("adaLN", StringComparison.Ordinal) || name.StartsWith("final_layer", StringComparison.Ordinal);
            var gaussian = name.StartsWith("t_embedder", StringComparison.Ordinal) || name.StartsWith("y_embedder", StringComparison.Ordinal);
            if (zero) p.zero_();
            else if (gaussian) p.copy_(Initialization.Gaussian(seeds.Stream(name), p.shape).Times(0.02));
            else p.Fill(seeds.Stream(name), Math.Sqrt(6.0 / (p.shape[0] + p.numel() / p.shape[0])));
        }
        return this;
    }

    private Tensor Unpatchify(Tensor tokens)
    {
        var (n, p, c) = (tokens.shape[0], Shape.Patch, Shape.Outputs);
        return tokens.view(n, Shape.Rows, Shape.Columns, p, p, c).permute(0, 5, 1, 3, 2, 4).reshape(n, c, Shape.Height, Shape.Width);
    }

    // 2-D sine-cosine table, 1 x T x E: first half of E from the column, second half from the row, frequencies 10000^(-i/(E/4)).
    private static Tensor SineCosinePositions(DiTShape shape)
    {
        var (quarter, values) = (shape.Hidden / 4, new float[shape.Rows * shape.Columns * shape.Hidden]);
        for (var token = 0; token < shape.Rows * shape.Columns; token++)
            for (var i = 0; i < quarter; i++)
            {
                var frequency = Math.Pow(10000, -i / (double)quarter);
                var (column, row) = (token % shape.Columns * frequency, token / shape.Columns * frequency);
                var at = token * shape.Hidden + i;
                (values[at], values[at + quarter]) = ((float)Math.Sin(column), (float)Math.Cos(column));
                (values[at + 2 * quarter], values[at + 3 * quarter]) = ((float)Math.Sin(row), (float)Math.Cos(row));
            }
        return tensor(values, [1, shape.Rows * shape.Columns, shape.Hidden]);
    }
}
