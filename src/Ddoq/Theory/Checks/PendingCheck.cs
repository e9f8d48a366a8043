namespace Ddoq.Theory.Checks;

/// <summary>A check of the published list that this version cannot run.</summary>
/// <param name="Id">"T" and a number.</param>
/// <param name="Claim">The claim in one line.</param>
/// <param name="ComesWith">What it waits for.</param>
public sealed record PendingCheck(string Id, string Claim, string ComesWith);
