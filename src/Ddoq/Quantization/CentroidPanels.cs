using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Ddoq.Quantization;

/// <summary>
/// K centroids rearranged for the product kernel: shifted like the samples, rounded to float32, and interleaved in panels of 16, stretch by stretch. A panel is
/// also the group that one distance bound stands for, so centroids near each other are given neighbouring places.
/// </summary>
internal sealed unsafe class CentroidPanels
{
    private readonly float[] _panels;
    private readonly float[] _norms;
    private readonly float[] _masses;
    private readonly double[] _squares;
    private readonly int[] _places;
    private readonly int _threads;
    private readonly int _stretch;

    /// <param name="count">K.</param>
    /// <param name="dimension">D.</param>
    /// <param name="threads">Threads for packing.</param>
    public CentroidPanels(int count, int dimension, int threads)
    {
        (Count, Dimension, _threads) = (count, dimension, threads);
        _stretch = ProductKernel.StretchOf(dimension);
        ChainRounding = DistanceKernel.Rounding * (_stretch + ProductKernel.Stretches(dimension));
        PanelCount = (count + ProductKernel.PanelWidth - 1) / ProductKernel.PanelWidth;
        Width = PanelCount * ProductKernel.PanelWidth;
        _panels = GC.AllocateArray<float>(checked(Width * dimension), pinned: true);
        _norms = GC.AllocateArray<float>(Width, pinned: true);
        Array.Fill(_norms, float.PositiveInfinity);
        _squares = new double[count];
        _masses = GC.AllocateArray<float>(Width, pinned: true);
        EntryFactors = new float[(PanelCount + 7) / 8 * 8];
        Order = [.. Enumerable.Range(0, count)];
        _places = [.. Enumerable.Range(0, count)];
    }

    /// <summary>K.</summary>
    public int Count { get; }

    /// <summary>D.</summary>
    public int Dimension { get; }

    /// <summary>Panels of 16.</summary>
    public int PanelCount { get; }

    /// <summary>K rounded up to whole panels: the columns of a row of scores.</summary>
    public int Width { get; }

    /// <summary>Centroid of each place, K; a permutation.</summary>
    public int[] Order { get; }

    /// <summary>Place of a centroid.</summary>
    public int PlaceOf(int centroid) => _places[centroid];

    /// <summary>Mass of the cell in each place; 0 where there is none. Set by <see cref="Weigh"/>.</summary>
    public float* Masses => (float*)Unsafe.AsPointer(ref _masses[0]);

    /// <summary>For each panel the largest root of (m + w) / m over its cells, w the mass of the heaviest sample; whole vectors, 1 beyond the last panel.</summary>
    public float[] EntryFactors { get; }

    /// <summary>Norm of the longest shifted centroid.</summary>
    public double LargestNorm { get; private set; }

    /// <summary>|b|^2 of the centroid in each place; infinite where there is none.</summary>
    public float* Norms => (float*)Unsafe.AsPointer(ref _norms[0]);

    /// <summary>length x 16 numbers of one panel, from dimension <paramref name="column"/> on.</summary>
    public float* Panel(int column, int length, int panel) =>
        (float*)Unsafe.AsPointer(ref _panels[0]) + (long)column * Width + panel * (long)(length * ProductKernel.PanelWidth);

    /// <summary>Mass of a centroid's cell.</summary>
    public double MassOf(int centroid) => _masses[_places[centroid]];

    /// <summary>Takes the masses of the cells.</summary>
    /// <param name="masses">K.</param>
    /// <param name="heaviest">Mass of the heaviest sample.</param>
    public void Weigh(double[] masses, double heaviest)
    {
        Array.Fill(EntryFactors, 1);
        for (var place = 0; place < Count; place++)
        {
            var mass = _masses[place] = (float)masses[Order[place]];
            ref var factor = ref EntryFactors[place / ProductKernel.PanelWidth];
            if (mass > 0) factor = Math.Max(factor, (float)Math.Sqrt((mass + heaviest) / mass) * (1 + 1e-6f));
        }
    }

    /// <summary>Gives centroids that lie near each other neighbouring places.</summary>
    /// <param name="centroids">K rows.</param>
    public void Arrange(IRows centroids)
    {
        Neighbourhoods.Arrange(centroids, Order, _threads);
        for (var place = 0; place < Count; place++) _places[Order[place]] = place;
    }

    /// <summary>Takes the centroids' positions.</summary>
    /// <param name="centroids">K rows.</param>
    public void Pack(IRows centroids)
    {
        FixedBlocks.Run(PanelCount, 1, _threads, (panel, _) => PackPanel(centroids, panel));
        for (var place = 0; place < Count; place++) _norms[place] = (float)_squares[place];
        LargestNorm = Math.Sqrt(TensorPrimitives.Max<double>(_squares));
    }

    private void PackPanel(IRows centroids, int panel)
    {
        Span<float> part = stackalloc float[_stretch];
        var first = panel * ProductKernel.PanelWidth;
        var lanes = Math.Min(ProductKernel.PanelWidth, Count - first);
        for (var column = 0; column < Dimension; column += _stretch)
        {
            var length = Math.Min(_stretch, Dimension - column);
            var to = Panel(column, length, panel);
            for (var lane = 0; lane < lanes; lane++)
            {
                if (column == 0) _squares[first + lane] = 0;
                centroids.Read(Order[first + lane], column, part[..length]);
                _squares[first + lane] += DistanceKernel.SquaredNorm(part[..length]);
                for (var j = 0; j < length; j++) to[j * ProductKernel.PanelWidth + lane] = part[j];
            }
        }
    }

    /// <summary>Bounds the relative error of a product: a chain over a stretch, then over stretches.</summary>
    public double ChainRounding { get; }

    /// <summary>
    /// Bounds the error of |b|^2 - 2ab + |a|^2 against |x - c|^2 for a row of that squared norm: inputs carry one rounding each, products a chain over a stretch
    /// and then over stretches (Higham's gamma), the norm of the centroid and the last addition one each. 1 % on top covers second-order terms and float64. Products too small
    /// for float32 lose at most half of its smallest number each.
    /// </summary>
    public double ErrorFor(double squaredNorm)
    {
        var (a, b) = (Math.Sqrt(squaredNorm), LargestNorm);
        return 1.01 * (2 * ChainRounding * a * b + DistanceKernel.Rounding * (2 * a * b + 2 * b * b + 2 * (a + b) * (a + b))) + 2.0 * float.Epsilon * (Dimension + 2);
    }
}
