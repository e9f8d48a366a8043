using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Networks;

/// <summary>Multi-head attention by the fused operator, for any names of the layers around it.</summary>
internal static class HeadedAttention
{
    /// <summary>softmax(q k^T / sqrt(E / heads)) v in each head.</summary>
    /// <param name="queries">N x T x E, E a multiple of <paramref name="heads"/>.</param>
    /// <param name="keys">N x S x E.</param>
    /// <param name="values">N x S x E.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="mask">T x S, added before the softmax; null for none.</param>
    /// <returns>N x T x E.</returns>
    public static Tensor Of(Tensor queries, Tensor keys, Tensor values, long heads, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        // On the CPU the fused operator in half precision takes many times as long as in float32.
        if (queries.dtype != ScalarType.Float32 && queries.dtype != ScalarType.Float64 && queries.device_type == DeviceType.CPU)
            return Of(queries.@float(), keys.@float(), values.@float(), heads, mask?.@float()).to(queries.dtype).MoveToOuterDisposeScope();
        var mixed = nn.functional.scaled_dot_product_attention(Split(queries, heads), Split(keys, heads), Split(values, heads), mask);
        return mixed.transpose(1, 2).reshape(queries.shape).MoveToOuterDisposeScope();
    }

    // N, T, E to N, heads, T, E/heads
    private static Tensor Split(Tensor tokens, long heads) => tokens.view(tokens.shape[0], tokens.shape[1], heads, tokens.shape[2] / heads).transpose(1, 2);
}
