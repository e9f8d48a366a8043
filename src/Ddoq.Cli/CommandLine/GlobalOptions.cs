using System.CommandLine;

namespace Ddoq.Cli.CommandLine;

/// <summary>The options that every verb has.</summary>
internal sealed class GlobalOptions
{
    public Option<bool> Json { get; } = OptionOf.Flag("--json", "print one JSON document on stdout");

    public Option<ulong> Seed { get; } = OptionOf.Seed();

    public Option<int> Threads { get; } = OptionOf.Whole("--threads", "N", "processor threads", least: 1, most: 1024, byDefault: Environment.ProcessorCount);

    public Option<DeviceChoice> Device { get; } = OptionOf.Device();

    public Option<bool> Quiet { get; } = OptionOf.Flag("--quiet", "no progress and no remarks", "-q");

    public Option<bool> Verbose { get; } = OptionOf.Flag("--verbose", "more remarks, and where an error happened", "-v");

    public IEnumerable<Option> All => [Json, Seed, Threads, Device, Quiet, Verbose];

    public void AddTo(RootCommand root)
    {
        foreach (var option in All)
        {
            option.Recursive = true;
            root.Add(option);
        }
    }
}
