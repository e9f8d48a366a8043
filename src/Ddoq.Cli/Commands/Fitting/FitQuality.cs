namespace Ddoq.Cli.Commands.Fitting;

/// <summary>How good a trained model is, beside what needs no model.</summary>
/// <param name="Key">Its key in the JSON document: "psnr", "loss" or "accuracy".</param>
/// <param name="Value">The number; null where nothing was given to measure it on, or where it has no finite value.</param>
/// <param name="Text">For people: "92.6 %".</param>
/// <param name="Baseline">The same of what needs no model; null where it is unknown.</param>
/// <param name="BaselineText">For people: "10.0 % by chance".</param>
/// <param name="MeasuredOn">What it was measured on.</param>
internal sealed record FitQuality(string Key, double? Value, string Text, double? Baseline, string BaselineText, string MeasuredOn);
