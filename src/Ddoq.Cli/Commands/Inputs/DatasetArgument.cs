using System.CommandLine;
using Ddoq.Cli.CommandLine;

namespace Ddoq.Cli.Commands.Inputs;

/// <summary>The argument DATA, with one description everywhere.</summary>
internal static class DatasetArgument
{
    public static Argument<string> Create() => ArgumentOf.Text("DATA", "a data set: fashion-mnist, a folder of class folders, an IDX pair, CIFAR files, or a distilled set; :test takes its test part");
}
