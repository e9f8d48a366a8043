using Ddoq.Formats;
using Ddoq.Foundations;

namespace Ddoq.Quantization;

/// <summary>Reads a user's own embeddings: an N x D matrix in <c>.npy</c> or <c>.safetensors</c>, with labels in <c>.npy</c>.</summary>
public static class MatrixFile
{
    /// <summary>Opens a matrix, and reads its labels and masses if files are named. The matrix stays in its file until somebody asks for rows. Dispose it after use.</summary>
    /// <param name="path"><c>.npy</c>, or <c>.safetensors</c> with exactly one tensor of two axes; float16, bfloat16, float32 or float64, at most 2^31 - 1 rows.</param>
    /// <param name="labelsPath"><c>.npy</c> of N integers from 0 up; null for a single class.</param>
    /// <param name="weightsPath"><c>.npy</c> of N masses, finite and non-negative, not all 0 within a class; null for equal ones.</param>
    /// <exception cref="BadInputException">Another kind of file, another shape, or labels or masses that do not fit.</exception>
    public static LabelledMatrix Read(string path, string? labelsPath = null, string? weightsPath = null)
    {
        var samples = Open(path);
        try
        {
            var labels = labelsPath is null ? [] : ReadLabels(labelsPath, path, samples.Count);
            return new LabelledMatrix(weightsPath is null ? samples : samples.Weighted(ReadWeights(weightsPath, path, samples.Count, labels)), labels);
        }
        catch
        {
            samples.Dispose();
            throw;
        }
    }

    /// <summary>Opens a matrix without labels. Dispose it after use.</summary>
    /// <exception cref="BadInputException">Another kind of file or another shape.</exception>
    public static MappedSamples Open(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".npy" => Owned(NpyFile.Open(path), file => MappedSamples.Of(file, $"'{path}'")),
        ".safetensors" => Owned(SafetensorsFile.Open(path), file => MappedSamples.Of(file, OnlyMatrix(file), $"'{path}'")),
        var other => throw new BadInputException($"'{path}': expected a matrix in .npy or .safetensors, found '{other}'. In Python: numpy.save('x.npy', x.astype('float32'))."),
    };

    private static MappedSamples Owned<T>(T file, Func<T, MappedSamples> open) where T : IDisposable
    {
        try
        {
            var samples = open(file);
            return samples.Count > 0 ? samples : throw new BadInputException($"{samples.Name} holds no samples: expected a matrix N x D with N and D at least 1.");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static TensorEntry OnlyMatrix(SafetensorsFile file)
    {
        var matrices = file.Tensors.Where(t => t.Shape.Length == 2).ToArray();
        return matrices.Length == 1 ? matrices[0] : throw new BadInputException($"'{file.Path}': expected exactly one tensor of two axes, found {matrices.Length}. Save the matrix alone.");
    }

    private static double[] ReadWeights(string weightsPath, string path, int count, int[] labels)
    {
        using var file = NpyFile.Open(weightsPath);
        var weights = file.ReadDoubles();
        if (weights.Length != count) throw new BadInputException($"'{weightsPath}' holds {weights.Length} masses, but '{path}' has {count} rows.");
        var wrong = Array.FindIndex(weights, w => !(double.IsFinite(w) && w >= 0));
        if (wrong >= 0) throw new BadInputException($"'{weightsPath}': the mass {weights[wrong]} at row {wrong} is not a finite number of at least 0.");
        foreach (var (label, sum) in Enumerable.Range(0, count).GroupBy(i => labels.Length == 0 ? 0 : labels[i], (label, rows) => (label, rows.Sum(i => weights[i]))))
            if (!(sum > 0 && double.IsFinite(sum))) throw new BadInputException($"'{weightsPath}': the masses of class {label} sum to {sum}, expected a positive number. Leave the class out, or give it mass.");
        return weights;
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
