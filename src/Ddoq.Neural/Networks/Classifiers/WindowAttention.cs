using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks.Classifiers;

/// <summary>Multi-head attention within windows of 7 x 7 tokens, with a learned bias for each offset of two of them: N x H x W x C to the same.</summary>
internal sealed class WindowAttention : nn.Module<Tensor, Tensor>
{
    private const int Side = 7, Tokens = Side * Side, Offsets = 2 * Side - 1;
    private const float Forbidden = -100; // as in the reference: tokens that the shift made neighbours see each other with this bias

    private readonly int _heads;
    private readonly bool _shifted;
    [ComponentName(Name = "qkv")] private readonly Linear _qkv;
    [ComponentName(Name = "proj")] private readonly Linear _projection;
    [ComponentName(Name = "relative_position_bias_table")] private readonly Parameter _biases;
    private readonly Tensor _index;

    public WindowAttention(long width, int heads, bool shifted) : base(nameof(WindowAttention))
    {
        (_heads, _shifted) = (heads, shifted);
        _qkv = nn.Linear(width, 3 * width);
        _projection = nn.Linear(width, width);
        _biases = new Parameter(zeros(Offsets * Offsets, heads));
        _index = tensor(OffsetIndex());
        register_buffer("relative_position_index", _index);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        long n = input.shape[0], height = input.shape[1], width = input.shape[2], channels = input.shape[3];
        long down = (height + Side - 1) / Side, across = (width + Side - 1) / Side;
        // No shift along a side that one window covers.
        long[] shift = [_shifted && down > 1 ? Side / 2 : 0, _shifted && across > 1 ? Side / 2 : 0];
        var shifts = shift[0] + shift[1] > 0;

        var x = nn.functional.pad(input, [0, 0, 0, across * Side - width, 0, down * Side - height]);
        if (shifts) x = x.roll([-shift[0], -shift[1]], [1, 2]);
        var windows = x.view(n, down, Side, across, Side, channels).transpose(2, 3).reshape(n * down * across, Tokens, channels);
        var qkv = _qkv.call(windows).view(-1, Tokens, 3, _heads, channels / _heads).permute(2, 0, 3, 1, 4);
        var mixed = nn.functional.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], Bias(n, down, across, shift, shifts));
        var y = _projection.call(mixed.transpose(1, 2).reshape(-1, Tokens, channels));

        y = y.view(n, down, across, Side, Side, channels).transpose(2, 3).reshape(n, down * Side, across * Side, channels);
        if (shifts) y = y.roll([shift[0], shift[1]], [1, 2]);
        return y[.., ..(int)height, ..(int)width, ..].contiguous().MoveToOuterDisposeScope();
    }

    // windows x heads x Tokens x Tokens, or 1 x heads x Tokens x Tokens where all windows are alike.
    private Tensor Bias(long n, long down, long across, long[] shift, bool shifts)
    {
        var bias = _biases.index_select(0, _index).view(Tokens, Tokens, _heads).permute(2, 0, 1).unsqueeze(0);
        if (!shifts) return bias;
        var regions = tensor(Regions(down, across, shift)).view(down * across, Tokens);
        var apart = regions.unsqueeze(1).ne(regions.unsqueeze(2)).to(bias.dtype).to(bias.device).Times(Forbidden); // windows of an image, Tokens, Tokens
        return bias.Plus(apart.unsqueeze(1)).unsqueeze(0).expand(n, -1, -1, -1, -1).reshape(-1, _heads, Tokens, Tokens);
    }

    // Tokens of one number were neighbours before the shift. Window by window.
    private static long[] Regions(long down, long across, long[] shift)
    {
        static long Region(long at, long side, long shift) => at < side - Side ? 0 : at < side - shift ? 1 : 2;
        var regions = new long[down * across * Tokens];
        var i = 0;
        for (long r = 0; r < down; r++)
            for (long c = 0; c < across; c++)
                for (long y = r * Side; y < (r + 1) * Side; y++)
                    for (long x = c * Side; x < (c + 1) * Side; x++)
                        regions[i++] = 3 * (shift[0] > 0 ? Region(y, down * Side, shift[0]) : 0) + (shift[1] > 0 ? Region(x, across * Side, shift[1]) : 0);
        return regions;
    }

    // Row of the table for each ordered pair of tokens in a window.
    private static long[] OffsetIndex()
    {
        var index = new long[Tokens * Tokens];
        for (var a = 0; a < Tokens; a++)
            for (var b = 0; b < Tokens; b++)
                index[a * Tokens + b] = (a / Side - b / Side + Side - 1) * Offsets + (a % Side - b % Side + Side - 1);
        return index;
    }
}
