using Ddoq.Foundations;
using Ddoq.Latents;

namespace Ddoq.Quantization;

/// <summary>
/// Finished classes of a codebook that is being built, one file each, which is a codebook of one class: what a killed run leaves to the next. The caller makes sure that
/// the folder belongs to the same samples, options and seed; <see cref="WorkFolder"/> does that.
/// </summary>
/// <param name="folder">Existing folder.</param>
public sealed class CodebookParts(string folder)
{
    /// <summary>Number of classes that are kept.</summary>
    public int Count => Directory.GetFiles(folder, "class-*.safetensors").Length;

    /// <summary>The codebook of a class, if it is kept. A file that a power cut has damaged counts as missing.</summary>
    public ClassCodebook? Find(int classIndex, LatentShape shape)
    {
        try
        {
            return File.Exists(FileOf(classIndex)) && Codebook.Load(FileOf(classIndex)) is { Classes: [var book] } part && part.Shape == shape ? book : null;
        }
        catch (BadInputException)
        {
            return null;
        }
    }

    /// <summary>Keeps a finished class. The file appears whole. Safe from several threads for different classes.</summary>
    /// <exception cref="WorkFailedException">The disk refuses.</exception>
    public void Keep(int classIndex, LatentShape shape, ClassCodebook book) => new Codebook { Shape = shape, Classes = [book] }.Save(FileOf(classIndex), replace: true);

    private string FileOf(int classIndex) => Path.Combine(folder, $"class-{classIndex:D4}.safetensors");
}
