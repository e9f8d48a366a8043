using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Ddoq.Datasets;
using Ddoq.Foundations;

namespace Ddoq.Distilled;

/// <summary>
/// A distilled set in memory: images with weights, counts and, once labelled, teacher logits, in class order.
/// It is an image data set like any other; on disk it is the folder that docs/formats.md describes.
/// </summary>
public sealed class DistilledSet : IImageDataset
{
    private readonly InMemoryDataset _images;
    private readonly byte[] _pixels;
    private string? _fingerprint;

    /// <summary>Wraps the arrays without copying.</summary>
    /// <param name="classNames">Class names in label order, L of them.</param>
    /// <param name="shape">Shape of every image; 1 or 3 channels.</param>
    /// <param name="pixels">Bytes, N x C x H x W.</param>
    /// <param name="images">N rows in class order; every class has at least one, with weights of mean one.</param>
    /// <param name="provenance">Where the set comes from.</param>
    /// <param name="softLabels">Teacher logits for the N images, or null.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or a row breaks a rule of <see cref="DistilledImage"/>.</exception>
    public DistilledSet(IReadOnlyList<string> classNames, ImageShape shape, byte[] pixels, IReadOnlyList<DistilledImage> images, Provenance provenance, SoftLabels? softLabels = null)
    {
        var broken = SetRules.Broken(classNames, shape, images).Concat(SetRules.Broken(provenance, shape))
            .Concat(softLabels is null ? [] : SetRules.Broken(softLabels, images.Count, classNames.Count)).FirstOrDefault();
        if (broken is not null) throw new ArgumentException($"not a distilled set: {broken}", nameof(images));
        _images = new InMemoryDataset($"{provenance.Source.Name} ({provenance.Method}, {provenance.ImagesPerClass} per class)",
            classNames, shape, pixels, [.. images.Select(i => i.Label)]);
        (_pixels, Images, Provenance, SoftLabels) = (pixels, images, provenance, softLabels);
    }

    /// <summary>What is known of each image, in row order.</summary>
    public IReadOnlyList<DistilledImage> Images { get; }

    /// <summary>Where the set comes from.</summary>
    public Provenance Provenance { get; }

    /// <summary>Teacher logits, or null before labelling.</summary>
    public SoftLabels? SoftLabels { get; }

    /// <inheritdoc />
    public string Name => _images.Name;

    /// <inheritdoc />
    public IReadOnlyList<string> ClassNames => _images.ClassNames;

    /// <inheritdoc />
    public ImageShape Shape => _images.Shape;

    /// <inheritdoc />
    public int Count => _images.Count;

    /// <inheritdoc />
    public ReadOnlyMemory<int> Labels => _images.Labels;

    /// <summary>All pixels, N x C x H x W.</summary>
    public ReadOnlyMemory<byte> Pixels => _pixels;

    /// <summary>SHA-256 over class names, labels, pixels, weights, counts and soft labels with their temperature; provenance aside.</summary>
    public string Fingerprint => _fingerprint ??= ComputeFingerprint();

    /// <inheritdoc />
    public void Read(int index, Span<byte> pixels) => _images.Read(index, pixels);

    /// <summary>The same set with other teacher logits.</summary>
    /// <exception cref="ArgumentException">The logits are for another number of images or classes.</exception>
    public DistilledSet WithSoftLabels(SoftLabels labels) => new(ClassNames, Shape, _pixels, Images, Provenance, labels);

    /// <summary>The same set with other provenance, for instance with the teacher and the labelling time added.</summary>
    public DistilledSet WithProvenance(Provenance provenance) => new(ClassNames, Shape, _pixels, Images, provenance, SoftLabels);

    /// <summary>Reads a set, checking each file against the manifest and each row against the rules.</summary>
    /// <exception cref="BadInputException">Not a distilled set, a file missing or changed, or a row that breaks a rule.</exception>
    public static DistilledSet Load(string path) => SetReader.Read(path);

    /// <summary>Writes the set as a folder that appears whole or not at all. Equal sets give equal bytes.</summary>
    /// <exception cref="UsageException"><paramref name="path"/> exists and <paramref name="replace"/> is false.</exception>
    /// <exception cref="WorkFailedException">The disk refuses; nothing is left under that name.</exception>
    public void Save(string path, bool replace = false)
    {
        try
        {
            using var staged = StagedOutput.Folder(path, replace);
            SetWriter.Write(this, staged.Path);
            staged.Commit();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WorkFailedException($"the distilled set '{path}' could not be written: {e.Message} Free space or choose another place, then run again.", e);
        }
    }

    /// <summary>Gives the set at <paramref name="path"/> these teacher logits: a complete new folder beside the old one takes its place, so it is never half labelled.</summary>
    /// <param name="path">Folder of an existing set.</param>
    /// <param name="labels">Logits for all of its images.</param>
    /// <param name="provenance">What the manifest shall say from now on; null keeps what it says.</param>
    /// <returns>The set as it now stands.</returns>
    /// <exception cref="BadInputException">The folder holds no sound set, or files that are not part of it and would be lost.</exception>
    public static DistilledSet SaveLabels(string path, SoftLabels labels, Provenance? provenance = null)
    {
        var set = Load(path);
        RefuseStrangers(path);
        var labelled = new DistilledSet(set.ClassNames, set.Shape, set._pixels, set.Images, provenance ?? set.Provenance, labels);
        labelled.Save(path, replace: true);
        return labelled;
    }

    private static void RefuseStrangers(string path)
    {
        var strangers = SetFiles.Unlisted(path, SetReader.ReadManifest(path)).ToList();
        if (strangers.Count > 0)
            throw new BadInputException($"'{path}' holds {strangers.Count} file(s) that are not part of the distilled set, '{strangers[0]}' first; replacing the folder would lose them. Move them away and label again.");
    }

    private string ComputeFingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(_images.Fingerprint));
        hash.AppendData(MemoryMarshal.AsBytes<float>(Images.Select(i => i.Weight).ToArray()));
        hash.AppendData(MemoryMarshal.AsBytes<long>(Images.Select(i => i.Count).ToArray()));
        if (SoftLabels is { } soft) Append(hash, soft);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, SoftLabels soft)
    {
        hash.AppendData(MemoryMarshal.AsBytes<long>([soft.Count, soft.Views, soft.Classes, (long)soft.AugmentationSeed]));
        hash.AppendData(MemoryMarshal.AsBytes<float>([soft.Temperature]));
        hash.AppendData(Encoding.UTF8.GetBytes(soft.AugmentationName));
        hash.AppendData(MemoryMarshal.AsBytes(soft.Logits));
    }
}
