using System.Text.Json;
using Ddoq.Neural.Evaluation;

namespace Ddoq.Cli.Pipeline;

/// <summary>One student to train, as it is handed to a worker process: one line of JSON.</summary>
/// <param name="Set">Folder of the distilled set.</param>
/// <param name="Protocol">How the student learns.</param>
/// <param name="Student">Its index, 0-based.</param>
/// <param name="Teacher">Folder of the teacher whom the protocol asks, or null.</param>
internal sealed record StudentTask(string Set, StudentProtocol Protocol, int Student, string? Teacher = null)
{
    public string ToLine() => JsonSerializer.Serialize(this);

    public static StudentTask Parse(string line) => JsonSerializer.Deserialize<StudentTask>(line) ?? throw new JsonException("no task");
}

/// <summary>What a worker answers, line by line: epochs as they pass, then the score.</summary>
/// <param name="Epoch">Epochs done.</param>
/// <param name="Loss">Mean loss of the last epoch.</param>
/// <param name="Score">The result; the last line of a task.</param>
internal sealed record StudentReply(int Epoch, double Loss, StudentScore? Score)
{
    public string ToLine() => JsonSerializer.Serialize(this);

    public static StudentReply Parse(string line) => JsonSerializer.Deserialize<StudentReply>(line) ?? throw new JsonException("no reply");
}
