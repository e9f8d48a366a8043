namespace Ddoq.Quantization;

/// <summary>A small symmetric matrix in float64, with its eigenvalues by Jacobi's rotations (1846): slow for large D, accurate for small.</summary>
internal sealed class SymmetricMatrix
{
    private const int MostSweeps = 60;

    // A negative eigenvalue within this share of the largest is rounding.
    private const double Rounding = 1e-12;

    private readonly double[] _values;

    /// <param name="values">D x D, row-major.</param>
    /// <param name="size">D, at least 1.</param>
    public SymmetricMatrix(ReadOnlySpan<double> values, int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        if (values.Length != (long)size * size) throw new ArgumentException($"a {size} x {size} matrix has {(long)size * size} values, got {values.Length}.", nameof(values));
        (_values, Size) = (values.ToArray(), size);
        var largest = _values.Max(Math.Abs);
        if (!double.IsFinite(largest)) throw new ArgumentException("a matrix holds a value that is not finite.", nameof(values));
        for (var i = 0; i < size; i++)
            for (var j = 0; j < i; j++)
                if (Math.Abs(this[i, j] - this[j, i]) > 1e-9 * largest) throw new ArgumentException($"elements ({i}, {j}) and ({j}, {i}) differ: {this[i, j]} and {this[j, i]}.", nameof(values));
    }

    public int Size { get; }

    public double this[int row, int column] => _values[row * Size + column];

    public double Trace => Enumerable.Range(0, Size).Sum(i => this[i, i]);

    /// <summary>B A B with this as B: symmetric as well.</summary>
    public SymmetricMatrix Around(SymmetricMatrix other) => new(Multiply(Multiply(_values, other._values), _values), Size);

    /// <summary>The symmetric root.</summary>
    /// <exception cref="ArgumentException">An eigenvalue is negative.</exception>
    public SymmetricMatrix Root()
    {
        var (eigenvalues, vectors) = Diagonalise();
        var least = -Rounding * Size * eigenvalues.Max(Math.Abs);
        if (eigenvalues.Any(e => e < least)) throw new ArgumentException($"a matrix has the eigenvalue {eigenvalues.Min()}; a covariance has none below 0.");
        var root = new double[_values.Length];
        for (var i = 0; i < Size; i++)
            for (var j = 0; j < Size; j++)
                for (var k = 0; k < Size; k++) root[i * Size + j] += vectors[i * Size + k] * Math.Sqrt(Math.Max(0, eigenvalues[k])) * vectors[j * Size + k];
        return new SymmetricMatrix(root, Size);
    }

    /// <summary>Eigenvalues, and the eigenvectors as columns.</summary>
    public (double[] Eigenvalues, double[] Vectors) Diagonalise()
    {
        var (a, v) = (_values.ToArray(), new double[_values.Length]);
        for (var i = 0; i < Size; i++) v[i * Size + i] = 1;
        var scale = a.Sum(x => x * x);
        for (var sweep = 0; sweep < MostSweeps && OffDiagonal(a) > 1e-34 * scale; sweep++)
            for (var p = 0; p < Size; p++)
                for (var q = p + 1; q < Size; q++) Rotate(a, v, p, q);
        return ([.. Enumerable.Range(0, Size).Select(i => a[i * Size + i])], v);
    }

    private double OffDiagonal(double[] a)
    {
        var sum = 0.0;
        for (var i = 0; i < Size; i++)
            for (var j = 0; j < i; j++) sum += a[i * Size + j] * a[i * Size + j];
        return sum;
    }

    // The smaller of the two angles that make a_pq vanish.
    private void Rotate(double[] a, double[] v, int p, int q)
    {
        var off = a[p * Size + q];
        if (off == 0) return;
        var theta = (a[q * Size + q] - a[p * Size + p]) / (2 * off);
        var t = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
        var c = 1 / Math.Sqrt(t * t + 1);
        var s = t * c;
        for (var k = 0; k < Size; k++) Turn(ref a[k * Size + p], ref a[k * Size + q], c, s);
        for (var k = 0; k < Size; k++) Turn(ref a[p * Size + k], ref a[q * Size + k], c, s);
        for (var k = 0; k < Size; k++) Turn(ref v[k * Size + p], ref v[k * Size + q], c, s);
        a[p * Size + q] = a[q * Size + p] = 0;
    }

    private static void Turn(ref double x, ref double y, double c, double s) => (x, y) = (c * x - s * y, s * x + c * y);

    private double[] Multiply(double[] left, double[] right)
    {
        var product = new double[left.Length];
        for (var i = 0; i < Size; i++)
            for (var j = 0; j < Size; j++)
                for (var k = 0; k < Size; k++) product[i * Size + j] += left[i * Size + k] * right[k * Size + j];
        return product;
    }
}
