using System.Diagnostics;
using System.Text.Json;
using Ddoq.Bench;
using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Quantization;

// Times the quantizer within one process: one request as a JSON line on stdin, one answer as a JSON line on stdout.
var samples = new Dictionary<string, SampleMatrix>();
while (Console.In.ReadLine() is { } line)
{
    var request = JsonSerializer.Deserialize<Request>(line, Request.Json)!;
    if (!samples.TryGetValue(request.Matrix, out var matrix))
    {
        samples.Clear();
        samples[request.Matrix] = matrix = Read(request.Matrix);
    }
    Console.Out.WriteLine(JsonSerializer.Serialize(Answer(request, matrix), Request.Json));
    Console.Out.Flush();
}

static SampleMatrix Read(string path)
{
    using var file = NpyFile.Open(path);
    return new SampleMatrix(file.ReadFloats(), (int)file.Columns, name: path);
}

static Answer Answer(Request request, SampleMatrix matrix) => request.What switch
{
    "fit" => Fit(request, matrix),
    "assign" => Assign(request, matrix),
    "bounds" => Bounds(request, matrix),
    var other => throw new ArgumentException($"unknown request '{other}'."),
};

static Answer Fit(Request request, SampleMatrix matrix)
{
    var quantizer = Quantizers.Create(request.Options(), request.Threads);
    var (seconds, book) = Timed(() => quantizer.Fit(matrix, new SeedSequence(request.Seed), 0), request.Least);
    return new Answer(seconds, book.Distortion, book.Iterations);
}

// Again and again for so many seconds, the peers as well: one run of a few milliseconds says little. Median.
static (double Seconds, T Result) Timed<T>(Func<T> work, double least)
{
    var (all, seconds) = (Stopwatch.StartNew(), new List<double>());
    while (true)
    {
        var clock = Stopwatch.StartNew();
        var result = work();
        seconds.Add(clock.Elapsed.TotalSeconds);
        if (all.Elapsed.TotalSeconds < least) continue;
        seconds.Sort();
        return ((seconds[(seconds.Count - 1) / 2] + seconds[seconds.Count / 2]) / 2, result);
    }
}

// One exhaustive search over all pairs, after one that warms up.
static Answer Assign(Request request, SampleMatrix matrix)
{
    var centred = new CentredSamples(matrix, request.Threads);
    var centroids = Array.ConvertAll(Read(request.Centroids!).Values.ToArray(), v => (double)v);
    var search = new NearestSearch(centred, BoundKind.None);
    search.Run(centroids);
    return new Answer(Timed(() => { search.Run(centroids); return 0; }, request.Least).Seconds, 0, 1);
}

// Lloyd alone under one kind of bound; Distortion here is the share of all N x K x steps scores that were computed.
static Answer Bounds(Request request, SampleMatrix matrix)
{
    var centroids = Array.ConvertAll(Read(request.Centroids!).Values.ToArray(), v => (double)v);
    var run = new LloydRun(new NearestSearch(new CentredSamples(matrix, request.Threads), Enum.Parse<BoundKind>(request.Bounds, ignoreCase: true)), centroids, request.Options());
    var clock = Stopwatch.StartNew();
    run.Settle(CancellationToken.None);
    return new Answer(clock.Elapsed.TotalSeconds, run.Search.ScoresComputed / ((double)matrix.Count * ((request.Ipc + 15) / 16 * 16) * run.Iterations), run.Iterations);
}
