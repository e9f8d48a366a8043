using System.Text.Json;
using System.Text.Json.Serialization;
using Ddoq.Foundations;

namespace Ddoq.Cli.Commands.Fitting;

/// <summary>What a training was asked for: everything that decides its bits. Kept beside the checkpoints and in the finished model, so that only the same training is continued.</summary>
/// <param name="Kind">"vae", "prior" or "teacher".</param>
/// <param name="Command">The command that trains the same model again.</param>
/// <param name="Data">Fingerprint of the training data.</param>
/// <param name="Version">Version of this program.</param>
/// <param name="Seconds">Wall clock so far, over all of its runs.</param>
internal sealed record FitRequest(string Kind, string Command, string Data, string Version, double Seconds = 0)
{
    /// <summary>Its file in the folder of checkpoints and in the model's.</summary>
    public const string FileName = "training.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
    };

    public void Save(string folder)
    {
        using var staged = StagedOutput.File(Path.Combine(folder, FileName), replace: true);
        File.WriteAllText(staged.Path, JsonSerializer.Serialize(this, Json) + "\n");
        staged.Commit();
    }

    /// <summary>What the folder says; null where it says nothing.</summary>
    /// <exception cref="BadInputException">The file is damaged.</exception>
    public static FitRequest? Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize<FitRequest>(File.ReadAllText(path), Json) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new BadInputException($"'{path}' does not say what was trained: {e.Message} Pass --force to start anew.", e);
        }
    }

    /// <summary>Refuses to continue something else.</summary>
    /// <exception cref="UsageException">It was started otherwise.</exception>
    public void RequireSame(FitRequest earlier, string folder)
    {
        var difference = earlier switch
        {
            _ when earlier.Command != Command => $"it was started as '{earlier.Command}', this is '{Command}'",
            _ when earlier.Data != Data => $"the data have changed since: fingerprint {earlier.Data} then, {Data} now",
            _ when earlier.Version != Version => $"version {earlier.Version} started it, this is {Version}",
            _ => null,
        };
        if (difference is not null) throw new UsageException($"--resume cannot continue '{folder}': {difference}. Give the same options, or pass --force to start anew.");
    }
}
