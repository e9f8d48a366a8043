using System.Globalization;
using System.Text.Json;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Latents;

namespace Ddoq.Quantization;

/// <summary>Reads and writes the file that <see cref="Codebook"/> describes.</summary>
internal static class CodebookFile
{
    private const string FormatName = "ddoq-codebook";
    private const string Version = "1";
    private const string Voronoi = "class_voronoi_distortion";
    private const string Mass = "class_mass";

    public static void Save(Codebook codebook, string path, bool replace)
    {
        var classes = codebook.Classes;
        long points = codebook.Count, dimension = codebook.Shape.Dimension, count = classes.Count;
        var writer = new SafetensorsWriter()
            .Describe("format", FormatName)
            .Describe("version", Version)
            .Describe("latent_shape", codebook.Shape.ToString())
            .Describe("encoder", codebook.Encoder)
            .Describe("encoder_sha256", codebook.EncoderSha256)
            .Describe("dataset", codebook.Dataset)
            .Describe("dataset_fingerprint", codebook.DatasetFingerprint)
            .Describe("algorithm", codebook.Algorithm)
            .Describe("class_names", JsonSerializer.Serialize(classes.Select(c => c.Name)))
            .AddParts("centroids", [.. classes.Select(c => (ReadOnlyMemory<float>)c.Centroids)], points, dimension)
            .Add("class", classes.SelectMany((c, i) => Enumerable.Repeat((long)i, c.Count)).ToArray(), points)
            .Add("counts", Join(classes, c => Array.ConvertAll(c.Counts, n => (long)n)), points)
            .Add("weights", Join(classes, c => c.Weights), points)
            .Add("local_distortion", Join(classes, c => c.LocalDistortion), points)
            .Add("nearest_sample", Join(classes, c => c.NearestSample), points)
            .Add("class_samples", classes.Select(c => (long)c.SampleCount).ToArray(), count)
            .Add("class_distortion", classes.Select(c => c.Distortion).ToArray(), count)
            .Add("class_iterations", classes.Select(c => (long)c.Iterations).ToArray(), count);
        if (classes.Any(c => c.VoronoiDistortion is not null)) writer.Add(Voronoi, classes.Select(c => c.VoronoiDistortion ?? c.Distortion).ToArray(), count);
        if (classes.Any(c => c.Mass != c.SampleCount)) writer.Add(Mass, classes.Select(c => c.Mass).ToArray(), count);
        writer.Write(path, replace);
    }

    public static Codebook Load(string path)
    {
        using var file = SafetensorsFile.Open(path);
        if (Text(file, "format") != FormatName || Text(file, "version") != Version)
            throw Bad(path, $"expected format {FormatName}, version {Version}, found '{Text(file, "format")}', version '{Text(file, "version")}'");
        var shape = ParseShape(path, Text(file, "latent_shape"));
        return new Codebook
        {
            Shape = shape,
            Encoder = Text(file, "encoder"),
            EncoderSha256 = Text(file, "encoder_sha256"),
            Dataset = Text(file, "dataset"),
            DatasetFingerprint = Text(file, "dataset_fingerprint"),
            Algorithm = Text(file, "algorithm"),
            Classes = ReadClasses(file, shape.Dimension),
        };
    }

    private static T[] Join<T>(IReadOnlyList<ClassCodebook> classes, Func<ClassCodebook, T[]> part) => [.. classes.SelectMany(part)];

    private static ClassCodebook[] ReadClasses(SafetensorsFile file, int dimension)
    {
        var names = ParseNames(file.Path, Text(file, "class_names"));
        var labels = file.ReadInt64("class");
        CheckShapes(file, names.Length, labels.Length, dimension);
        var ends = ClassEnds(file.Path, labels, names.Length);
        var columns = new Columns(file);
        return [.. names.Select((name, c) => columns.Class(name, c, c == 0 ? 0 : ends[c - 1], ends[c], dimension))];
    }

    private static void CheckShapes(SafetensorsFile file, long classes, long points, long dimension)
    {
        Check("centroids", points, dimension);
        foreach (var name in new[] { "counts", "weights", "local_distortion", "nearest_sample" }) Check(name, points);
        foreach (var name in new[] { "class_samples", "class_distortion", "class_iterations" }) Check(name, classes);
        foreach (var name in new[] { Voronoi, Mass })
            if (file.Contains(name)) Check(name, classes);

        void Check(string name, params long[] shape)
        {
            if (!file.Find(name).Shape.SequenceEqual(shape))
                throw Bad(file.Path, $"tensor '{name}' should be [{string.Join(", ", shape)}], found [{string.Join(", ", file.Find(name).Shape)}]");
        }
    }

    // Points are sorted by class, so a class is a run of rows.
    private static int[] ClassEnds(string path, long[] labels, int classes)
    {
        for (var i = 0; i < labels.Length; i++)
            if (labels[i] < 0 || labels[i] >= classes || (i > 0 && labels[i] < labels[i - 1]))
                throw Bad(path, $"point {i} has class {labels[i]}; classes must ascend within [0, {classes})");
        return [.. Enumerable.Range(0, classes).Select(c => labels.Count(l => l <= c))];
    }

    private sealed class Columns(SafetensorsFile file)
    {
        private readonly float[] _centroids = file.ReadFloats("centroids");
        private readonly long[] _counts = file.ReadInt64("counts");
        private readonly double[] _weights = file.ReadDoubles("weights");
        private readonly double[] _local = file.ReadDoubles("local_distortion");
        private readonly long[] _nearest = file.ReadInt64("nearest_sample");
        private readonly long[] _samples = file.ReadInt64("class_samples");
        private readonly double[] _distortion = file.ReadDoubles("class_distortion");
        private readonly double[]? _voronoi = file.Contains(Voronoi) ? file.ReadDoubles(Voronoi) : null;
        private readonly double[]? _mass = file.Contains(Mass) ? file.ReadDoubles(Mass) : null;
        private readonly long[] _iterations = file.ReadInt64("class_iterations");

        public ClassCodebook Class(string name, int index, int start, int end, int dimension)
        {
            var book = new ClassCodebook
            {
                Name = name,
                SampleCount = Whole("class_samples", _samples[index]),
                Mass = _mass?[index] ?? double.NaN,
                Dimension = dimension,
                Centroids = _centroids[(start * dimension)..(end * dimension)],
                Counts = Array.ConvertAll(_counts[start..end], n => Whole("counts", n)),
                Weights = _weights[start..end],
                Distortion = _distortion[index],
                VoronoiDistortion = _voronoi?[index],
                LocalDistortion = _local[start..end],
                NearestSample = _nearest[start..end],
                Iterations = Whole("class_iterations", _iterations[index]),
            };
            Check(file.Path, book);
            return book;
        }

        private int Whole(string name, long value) => value is >= 0 and <= int.MaxValue ? (int)value : throw Bad(file.Path, $"tensor '{name}' holds {value}, expected a number in [0, 2^31)");

        private static void Check(string path, ClassCodebook book)
        {
            if (book.Centroids.Any(v => !float.IsFinite(v))) throw Bad(path, $"class '{book.Name}' has a centroid that is not finite");
            if (book.Counts.Sum(n => (long)n) != book.SampleCount)
                throw Bad(path, $"class '{book.Name}': counts sum to {book.Counts.Sum(n => (long)n)}, expected {book.SampleCount}");
            if (!(book.Mass >= 0 && double.IsFinite(book.Mass))) throw Bad(path, $"class '{book.Name}' has the mass {book.Mass:R}; expected a finite number of at least 0");
            if (book.Weights.Any(w => !(w >= 0)) || (book.Count > 0 && Math.Abs(book.Weights.Sum() - 1) > 1e-9))
                throw Bad(path, $"class '{book.Name}': weights must be non-negative and sum to 1, found {book.Weights.Sum():R}");
        }
    }

    private static string Text(SafetensorsFile file, string key) => file.Metadata.GetValueOrDefault(key, "");

    private static LatentShape ParseShape(string path, string text)
    {
        var extents = text.Split('x').Select(e => int.TryParse(e, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is > 0 and < 1 << 24 ? n : 0).ToArray();
        if (extents.Length != 3 || extents.Contains(0) || extents.Aggregate(1L, (p, e) => p * e) > int.MaxValue) throw Bad(path, $"latent_shape '{text}' is not of the form CxHxW");
        return new LatentShape(extents[0], extents[1], extents[2]);
    }

    private static string[] ParseNames(string path, string text)
    {
        try
        {
            return JsonSerializer.Deserialize<string[]>(text) is { } names && names.All(n => n is not null) ? names : throw new JsonException("a name is null");
        }
        catch (JsonException e)
        {
            throw Bad(path, "class_names is not a JSON list of texts", e);
        }
    }

    private static BadInputException Bad(string path, string problem, Exception? inner = null) => new($"'{path}' is not a valid codebook: {problem}.", inner);
}
