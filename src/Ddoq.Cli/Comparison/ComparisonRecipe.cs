using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ddoq.Cli.Pipeline;
using Ddoq.Foundations;
using Ddoq.Neural.Diffusion;
using Ddoq.Neural.Evaluation;
using Ddoq.Neural.Synthesis;
using Ddoq.Quantization;

namespace Ddoq.Cli.Comparison;

/// <summary>A comparison as its JSON file says it. Unknown keys are refused by name.</summary>
internal sealed record ComparisonRecipe
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
        Converters = { new MethodWishConverter() },
    };

    /// <summary>Title of the tables.</summary>
    public required string Name { get; init; }

    /// <summary>What it reproduces, the expected score with its spread, hours and memory: for people.</summary>
    public IReadOnlyList<string> About { get; init; } = [];

    /// <summary>Data set that is distilled.</summary>
    public required string Data { get; init; }

    /// <summary>Data set that students are scored on; not with <see cref="Validation"/>.</summary>
    public string? Test { get; init; }

    /// <summary>Images of each class of <see cref="Data"/> that are held out and scored in the place of a test set: for choosing settings.</summary>
    public int Validation { get; init; }

    /// <summary>Prior of the methods that have one, with its encoder.</summary>
    public string Prior { get; init; } = Models.BundledModels.Default;

    /// <summary>Encoder, where the prior does not bring it.</summary>
    public string? Vae { get; init; }

    /// <summary>Teacher of soft labels and features.</summary>
    public string Teacher { get; init; } = Models.BundledModels.Default;

    /// <summary>The teacher as it was after so many epochs; 0 for the last.</summary>
    public int TeacherEpoch { get; init; }

    /// <summary>Sets and students per cell: set and student number s follow from seed s, so methods are paired by it.</summary>
    public int Seeds { get; init; } = 5;

    /// <summary>Blocks of cells.</summary>
    public required IReadOnlyList<ComparisonBlock> Tables { get; init; }

    /// <summary>Reads and checks a file.</summary>
    /// <exception cref="BadInputException">Missing, no valid JSON, or a value that is not permitted; it is named.</exception>
    public static ComparisonRecipe Load(string path)
    {
        try
        {
            var recipe = JsonSerializer.Deserialize<ComparisonRecipe>(File.ReadAllText(path), Json) ?? throw new JsonException("null");
            recipe.Check(path);
            return recipe;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException || Directory.Exists(path))
        {
            throw new BadInputException($"recipe '{path}' is {(Directory.Exists(path) ? "a folder" : "missing")}. Give the JSON file of a comparison, such as recipes/fashion-mnist.json.", e);
        }
        catch (JsonException e)
        {
            throw new BadInputException($"recipe '{path}' is not valid: {e.Message} Expected the keys of docs/how-to/compare-methods.md.", e);
        }
    }

    private void Check(string path)
    {
        void Require(bool holds, string problem)
        {
            if (!holds) throw new BadInputException($"recipe '{path}': {problem}");
        }
        Require(Tables.Count > 0, "it has no tables. Name at least one block of cells.");
        Require(Seeds is >= 1 and <= 1000, $"seeds is {Seeds}, expected 1 to 1000.");
        Require(Validation >= 0, $"validation is {Validation}, expected a number of images per class.");
        Require(Test is not null != Validation > 0, "students are scored either on \"test\" or, with \"validation\", on images held out of the data: give one of the two.");
        foreach (var block in Tables)
        {
            Require(block.Ipc.Count > 0 && block.Ipc.All(n => n is >= 1 and <= 1_000_000), $"ipc is [{string.Join(", ", block.Ipc)}], expected numbers of images per class, at least 1.");
            Require(block.Seeds is null or (>= 1 and <= 1000), $"seeds of a block is {block.Seeds}, expected 1 to 1000.");
            Require(block.Epochs is null or >= 1, $"epochs of a block is {block.Epochs}, expected at least 1.");
            Require(block.Protocols.Count > 0 && block.Methods.Count > 0, "each block needs protocols and methods.");
            var names = block.Methods.Select(m => m.Name).ToArray();
            Require(names.Distinct().Count() == names.Length, $"two methods of a block have the same name: [{string.Join(", ", names)}]. Give them a \"name\".");
            try
            {
                foreach (var method in block.Methods) method.Recipe(1);
                foreach (var method in block.Methods) _ = method.Rule();
                foreach (var protocol in block.Protocols) Protocols.Named(protocol, new ProtocolScale(new Datasets.ImageShape(1, 28, 28), 10, 1));
                foreach (var student in block.Students) Student.Named(student);
            }
            catch (Exception e) when (e is UsageException or BadInputException or ArgumentException)
            {
                throw new BadInputException($"recipe '{path}': {e.Message}", e);
            }
        }
    }
}

/// <summary>A block of cells: all its methods at all its numbers of images, under all its protocols, for all its students.</summary>
internal sealed record ComparisonBlock
{
    /// <summary>Images per class.</summary>
    public required IReadOnlyList<int> Ipc { get; init; }

    /// <summary>Names of recipes.</summary>
    public required IReadOnlyList<string> Protocols { get; init; }

    /// <summary>Names of networks; none for the protocols' own.</summary>
    public IReadOnlyList<string> Students { get; init; } = [];

    /// <summary>Methods; random is added where it is missing.</summary>
    public required IReadOnlyList<MethodWish> Methods { get; init; }

    /// <summary>Passes of the students, where not the protocols' own: for trials.</summary>
    public int? Epochs { get; init; }

    /// <summary>Seeds, where not the recipe's.</summary>
    public int? Seeds { get; init; }

    /// <summary>The methods with the row that every table has.</summary>
    public IEnumerable<MethodWish> AllMethods => Methods.Any(m => m.Method == DistillationMethods.Baseline && m.IsPlain()) ? Methods : Methods.Prepend(new MethodWish { Method = DistillationMethods.Baseline });
}

/// <summary>A method with the options that differ from its own. A text in the file stands for the method alone.</summary>
internal sealed record MethodWish
{
    private static readonly SynthesisOptions Plain = new();

    /// <summary>Name in tables; the method's where none is given.</summary>
    public string Name { get => field ?? Method; init; } = null!;

    /// <summary>One of <see cref="DistillationMethods"/>.</summary>
    public required string Method { get; init; }

    /// <summary>Rule by which students weigh the images; none takes the set's.</summary>
    public string? Weights { get; init; }

    /// <summary>"loss" or "sampling".</summary>
    public string? WeightsAs { get; init; }

    public string? Algorithm { get; init; }

    public string? Spread { get; init; }

    public string? Space { get; init; }

    public string? StartPoints { get; init; }

    public bool? KeepDetail { get; init; }

    public string? Start { get; init; }

    public double? StartSnr { get; init; }

    public double? Guidance { get; init; }

    public int? Steps { get; init; }

    public string? Sampler { get; init; }

    public int? Draws { get; init; }

    public string? Pick { get; init; }

    public int? MatchSteps { get; init; }

    public double? MatchRate { get; init; }

    public string? MatchNetworks { get; init; }

    public int? MatchMoments { get; init; }

    private static readonly JsonSerializerOptions Given = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Whether nothing but the method is asked for.</summary>
    public bool IsPlain() => this == new MethodWish { Method = Method };

    /// <summary>The rule that students use instead of the set's, or null.</summary>
    public WeightRule? Rule() => Weights is { } rule ? WeightRuleNames.Parse(rule) : null;

    /// <summary>What weights do.</summary>
    public WeightUse Use() => WeightsAs switch
    {
        null or "loss" => WeightUse.Loss,
        "sampling" => WeightUse.Sampling,
        var other => throw new UsageException($"weights_as '{other}' is unknown: expected loss or sampling."),
    };

    /// <summary>Name of the set within a run: wishes that differ only in what students do with it share one. Keys that are absent have no part in it, so that a key of a later version renames no set.</summary>
    public string SetName()
    {
        var images = this with { Name = null!, Weights = null, WeightsAs = null };
        return images.IsPlain() ? Method : $"{Method}-{Hashes.OfBytes(JsonSerializer.SerializeToUtf8Bytes(images, Given))[..8]}";
    }

    /// <summary>The recipe of the images at some number of them; soft labels are added later, by protocol.</summary>
    /// <exception cref="UsageException">A word or number is not permitted.</exception>
    public DistillationRecipe Recipe(int imagesPerClass)
    {
        _ = Use();
        var own = DistillationMethods.Named(Method).Adjust(new DistillationRecipe { Method = Method, Labels = null, Quantizer = new QuantizerOptions { ImagesPerClass = imagesPerClass } });
        return (own with
        {
            Quantizer = own.Quantizer with { Algorithm = Word(Algorithm, "algorithm", own.Quantizer.Algorithm) },
            Spread = Word(Spread, "spread", own.Spread),
            Space = Word(Space, "space", own.Space),
            StartPoints = Word(StartPoints, "start_points", own.StartPoints),
            KeepsDetail = KeepDetail ?? own.KeepsDetail,
            Draws = Draws is null or >= 1 ? Draws ?? 1 : throw new UsageException($"draws {Draws}: expected at least 1."),
            Pick = Word(Pick, "pick", own.Pick),
            Synthesis = own.Synthesis with
            {
                Start = Word(Start, "start", own.Synthesis.Start),
                Level = StartSnr is { } snr ? new StartLevel(StartKind.Snr, snr) : own.Synthesis.Level,
                GuidanceScale = Guidance ?? own.Synthesis.GuidanceScale,
                Steps = Steps ?? own.Synthesis.Steps,
                Sampler = Word(Sampler?.Replace("-", "", StringComparison.Ordinal), "sampler", own.Synthesis.Sampler),
            },
            Matching = own.Matching with { Steps = MatchSteps is null or >= 0 ? MatchSteps ?? own.Matching.Steps : throw new UsageException($"match_steps {MatchSteps}: expected at least 0."), LearningRate = MatchRate ?? own.Matching.LearningRate, Networks = Word(MatchNetworks, "match_networks", own.Matching.Networks), Moments = MatchMoments is null or 1 or 2 ? MatchMoments ?? own.Matching.Moments : throw new UsageException($"match_moments {MatchMoments}: expected 1 or 2.") },
        }).Checked();
    }

    private static T Word<T>(string? text, string key, T absent) where T : struct, Enum => text is null ? absent
        : Enum.TryParse<T>(text, ignoreCase: true, out var value) && !int.TryParse(text, CultureInfo.InvariantCulture, out _) ? value
        : throw new UsageException($"{key} '{text}' is unknown: expected {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}.");
}

internal sealed class MethodWishConverter : JsonConverter<MethodWish>
{
    private static readonly JsonSerializerOptions Plain = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectRequiredConstructorParameters = true,
    };

    public override MethodWish Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.TokenType == JsonTokenType.String
        ? new MethodWish { Method = reader.GetString()! }
        : JsonSerializer.Deserialize<Written>(ref reader, Plain)!.Wish();

    public override void Write(Utf8JsonWriter writer, MethodWish value, JsonSerializerOptions options) => throw new NotSupportedException();

    // The keys of the file, so that what a wish computes is no key.
    private sealed record Written(string Method, string? Name = null, string? Weights = null, string? WeightsAs = null, string? Algorithm = null, string? Space = null, string? StartPoints = null, string? Start = null,
        double? StartSnr = null, double? Guidance = null, int? Steps = null, string? Sampler = null, int? Draws = null, string? Pick = null, bool? KeepDetail = null, int? MatchSteps = null, double? MatchRate = null, string? MatchNetworks = null, int? MatchMoments = null, string? Spread = null)
    {
        public MethodWish Wish() => new()
        {
            Method = Method, Name = Name!, Weights = Weights, WeightsAs = WeightsAs, Algorithm = Algorithm, Space = Space, StartPoints = StartPoints, Start = Start, StartSnr = StartSnr, Guidance = Guidance,
            Steps = Steps, Sampler = Sampler, Draws = Draws, Pick = Pick, KeepDetail = KeepDetail, MatchSteps = MatchSteps, MatchRate = MatchRate, MatchNetworks = MatchNetworks, MatchMoments = MatchMoments, Spread = Spread,
        };
    }
}
