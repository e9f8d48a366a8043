using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Ddoq.Distilled;

/// <summary>The set's README.md: a dataset card with the YAML header that Hugging Face reads, and what a person wants to know first.</summary>
internal static partial class DatasetCard
{
    public static byte[] Write(DistilledSet set) => Encoding.UTF8.GetBytes($"{Header(set)}\n{Body(set)}".ReplaceLineEndings("\n"));

    private static string Header(DistilledSet set) => $"""
        ---
        pretty_name: {Yaml($"{set.Provenance.Source.Name}, distilled by {set.Provenance.Method}")}
        license: {Licence(set.Provenance.Source.Licence)}
        task_categories:
        - image-classification
        size_categories:
        - {Yaml(SizeCategory(set.Count))}
        source_datasets:
        - {Yaml(set.Provenance.Source.Name)}
        tags:
        - dataset-distillation
        - ddoq
        configs:
        - config_name: default
          data_files:
          - split: train
            path: "train/**"
        ---
        """;

    private static string Body(DistilledSet set)
    {
        var p = set.Provenance;
        return $"""
            # {Markdown(p.Source.Name)}, distilled by {Markdown(p.Method)}

            {set.Count} images of {set.Shape} in {set.ClassNames.Count} classes stand for a whole data set: each image carries a weight, the share of the
            source images nearest to it, and {Labels(set)}. Made by ddoq {Markdown(p.ToolVersion)}; `ddoq verify .` recomputes every hash.

            ## Open it

            ```python
            from load_ddoq import load          # needs torch, numpy and Pillow only
            images, labels, weights, soft_labels = load(".")
            ```

            `torchvision.datasets.ImageFolder("train")` gives the same images in the same order: item i is row i of `train/metadata.csv` and of every
            tensor in `targets.safetensors`. Weights are mean one within a class: multiply the loss of image i by weight i and average over the batch.
            {Normalisation(p.Normalisation)}

            ## Classes

            | label | class | images | source images |
            |---:|---|---:|---:|
            {string.Join('\n', set.ClassNames.Select((name, c) => ClassRow(set, name, c)))}

            ## Where it comes from

            | | |
            |---|---|
            {string.Join('\n', Facts(p).Select(f => $"| {Markdown(f.Name)} | {Markdown(f.Value)} |"))}

            ## Terms

            A distilled set inherits the terms of its source. What is known of them: {Markdown(p.Source.Licence)}.

            """;
    }

    private static string Labels(DistilledSet set) => set.SoftLabels is { } soft
        ? $"teacher logits of {soft.Views} view(s) over {soft.Classes} classes"
        : "a class label";

    private static string Normalisation(PixelNormalisation n) =>
        $"Pixels divided by 255 have mean {Numbers(n.Mean)} and deviation {Numbers(n.StandardDeviation)} in the source's training images.";

    private static string ClassRow(DistilledSet set, string name, int label)
    {
        var rows = set.Images.Where(i => i.Label == label).ToList();
        return $"| {label} | {Markdown(name)} | {rows.Count} | {rows.Sum(i => i.Count)} |";
    }

    private static IEnumerable<(string Name, string Value)> Facts(Provenance p)
    {
        yield return ("method", p.Method);
        yield return ("images per class", Text(p.ImagesPerClass));
        yield return ("weight rule", p.WeightRule);
        yield return ("source", $"{p.Source.Name}, SHA-256 {p.Source.Fingerprint}");
        foreach (var model in p.Models) yield return (model.Role, $"{model.Name}, SHA-256 {model.Sha256}");
        foreach (var (name, seed) in p.Seeds.OrderBy(s => s.Key, StringComparer.Ordinal)) yield return ($"seed: {name}", Text(seed));
    }

    private static string SizeCategory(int count) => count switch
    {
        < 1_000 => "n<1K",
        < 10_000 => "1K<n<10K",
        < 100_000 => "10K<n<100K",
        _ => "100K<n<1M",
    };

    // A short identifier such as "mit" or "cc-by-4.0" is a licence of the header's own vocabulary; a sentence is not.
    private static string Licence(string note) => LicenceIdentifier().IsMatch(note) ? Yaml(note.ToLowerInvariant()) : $"other\nlicense_name: {Yaml("source-terms")}";

    private static string Numbers(IEnumerable<double> values) => string.Join(", ", values.Select(v => v.ToString("0.####", CultureInfo.InvariantCulture)));

    private static string Text<T>(T value) where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);

    /// <summary>A YAML double-quoted scalar: no name, number or control character in it can mean anything else.</summary>
    private static string Yaml(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
            if (c is '"' or '\\') quoted.Append('\\').Append(c);
            else if (char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufeff') quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else quoted.Append(c);
        return quoted.Append('"').ToString();
    }

    /// <summary>Text inside a Markdown table or sentence: one line, and no character that Markdown or HTML would act on.</summary>
    private static string Markdown(string text)
    {
        var escaped = new StringBuilder();
        foreach (var c in text)
            if (char.IsControl(c)) escaped.Append(' ');
            else if (c is '&') escaped.Append("&amp;");
            else if (c is '<') escaped.Append("&lt;");
            else if ("\\`*_[]|~#$!".Contains(c)) escaped.Append('\\').Append(c);
            else escaped.Append(c);
        return escaped.ToString();
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9.+-]{1,39}\z")]
    private static partial Regex LicenceIdentifier();
}
