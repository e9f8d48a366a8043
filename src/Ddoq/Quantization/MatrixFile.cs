using Ddoq.Formats;
using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>Reads a user's own embeddings: an N x D matrix in <c>.npy</c> or <c>.safetensors</c>, with labels in <c>.npy</c>.</summary>
public static class MatrixFile
{
    /// <summary>Reads a matrix, and its labels if a file is named.</summary>
    /// <param name="path"><c>.npy</c>, or <c>.safetensors</c> with exactly one tensor of two axes; float16, float32, float64 or bfloat16.</param>
    /// <param name="labelsPath"><c>.npy</c> of N integers from 0 up; null for a single class.</param>
    /// <exception cref="BadInputException">Another kind of file, another shape, or labels that do not fit.</exception>
    public static LabelledMatrix Read(string path, string? labelsPath = null)
    {
        var samples = ReadSamples(path);
        return labelsPath is null ? new LabelledMatrix(samples) : new LabelledMatrix(samples, ReadLabels(labelsPath, path, samples.Count));
    }

    /// <summary>Reads a matrix without labels.</summary>
    /// <exception cref="BadInputException">Another kind of file or another shape.</exception>
    public static SampleMatrix ReadSamples(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".npy" => ReadNpy(path),
        ".safetensors" => ReadSafetensors(path),
        var other => throw new BadInputException($"'{path}': expected a matrix in .npy or .safetensors, found '{other}'. In Python: numpy.save('x.npy', x.astype('float32'))."),
    };

    private static SampleMatrix ReadNpy(string path)
    {
        using var file = NpyFile.Open(path);
        CheckShape(path, [.. file.Shape]);
        return new SampleMatrix(file.ReadFloats(), (int)file.Columns, name: $"'{path}'");
    }

    private static SampleMatrix ReadSafetensors(string path)
    {
        using var file = SafetensorsFile.Open(path);
        var matrices = file.Tensors.Where(t => t.Shape.Length == 2).ToArray();
        if (matrices.Length != 1) throw new BadInputException($"'{path}': expected exactly one tensor of two axes, found {matrices.Length}. Save the matrix alone.");
        CheckShape(path, matrices[0].Shape);
        return new SampleMatrix(file.ReadFloats(matrices[0].Name), (int)matrices[0].Shape[1], name: $"'{path}'");
    }

    private static void CheckShape(string path, long[] shape)
    {
        if (shape.Length != 2 || shape[0] < 1 || shape[1] < 1 || shape[1] > int.MaxValue)
            throw new BadInputException($"'{path}': expected a matrix N x D with N and D at least 1, found shape ({string.Join(", ", shape)}). Reshape it, one sample a row.");
    }

    private static int[] ReadLabels(string labelsPath, string path, int count)
    {
        using var file = NpyFile.Open(labelsPath);
        var labels = file.ReadInt64();
        if (labels.Length != count) throw new BadInputException($"'{labelsPath}' holds {labels.Length} labels, but '{path}' has {count} rows.");
        var wrong = Array.FindIndex(labels, l => l is < 0 or >= 1 << 24);
        if (wrong >= 0) throw new BadInputException($"'{labelsPath}': label {labels[wrong]} at row {wrong} is outside [0, {1 << 24}).");
        return Array.ConvertAll(labels, l => (int)l);
    }
}
