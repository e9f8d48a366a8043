using System.Runtime.CompilerServices;

namespace Ddoq.Quantization;

/// <summary>
/// Shifted rows that are scored many times, copied once into the order in which the product kernel reads them: block by block, stretch by stretch. Memory: the
/// rows in float32, stretches rounded up to whole cache lines.
/// </summary>
internal sealed unsafe class ReadyRows
{
    private readonly float[][] _blocks;
    private readonly int _pitch;

    public ReadyRows(CentredSamples samples, int[] rows)
    {
        var (stretches, length) = (ProductKernel.Stretches(samples.Dimension), ProductKernel.StretchOf(samples.Dimension));
        _pitch = ProductKernel.PitchOf(samples.Dimension);
        _blocks = new float[(rows.Length + ScoreBlock.Rows - 1) / ScoreBlock.Rows][];
        FixedBlocks.Run(rows.Length, ScoreBlock.Rows, samples.Threads, (start, end) =>
        {
            // One row more, as in every block: where a tile's list ends early, the spare row is read.
            var block = GC.AllocateArray<float>(stretches * (ScoreBlock.Rows + 1) * _pitch, pinned: true);
            for (var s = 0; s < stretches; s++)
                for (var i = start; i < end; i++)
                    samples.Read(rows[i], s * length, block.AsSpan((s * (ScoreBlock.Rows + 1) + i - start) * _pitch, Math.Min(length, samples.Dimension - s * length)));
            _blocks[start / ScoreBlock.Rows] = block;
        });
    }

    /// <summary>Bytes that so many rows take.</summary>
    public static long BytesFor(long rows, int dimension) => rows * ProductKernel.Stretches(dimension) * ProductKernel.PitchOf(dimension) * sizeof(float);

    /// <summary>One stretch of the block that begins with a row.</summary>
    public float* Stretch(int firstRow, int stretch) =>
        (float*)Unsafe.AsPointer(ref _blocks[firstRow / ScoreBlock.Rows][0]) + (long)stretch * (ScoreBlock.Rows + 1) * _pitch;
}
