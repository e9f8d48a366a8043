using Ddoq.Cli.CommandLine;
using Ddoq.Cli.Commands;

var output = Console.Out;
Console.SetOut(Console.Error); // stdout carries results alone, whatever a library prints
var program = Environment.GetEnvironmentVariable("DDOQ_PROGRAM") ?? "ddoq";
return new Application(Verbs.All(), output, Console.Error, TerminalTraits.OfThisProcess(), program).Run(args);
