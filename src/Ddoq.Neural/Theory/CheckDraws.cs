using Ddoq.Neural.Networks;
using Ddoq.Theory.Checks;
using static TorchSharp.torch;

namespace Ddoq.Neural.Theory;

/// <summary>Random numbers of the checks that run on tensors.</summary>
internal static class CheckDraws
{
    /// <summary>Standard normal numbers, rows x columns, from a stream of that name.</summary>
    public static Tensor Normals(this CheckContext context, string name, int rows, int columns) => Initialization.Gaussian(context.Seeds.Stream($"theory/{name}"), rows, columns);
}
