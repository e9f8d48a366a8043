using Ddoq.Datasets;
using Ddoq.Latents;
using Ddoq.Neural.Encoding;
using Ddoq.Neural.Networks;
using static TorchSharp.torch;

namespace Ddoq.Neural.Labelling;

/// <summary>What the teacher sees in an image: its features before the last layer. Another space in which points can be placed, and the one of herding and k-center.</summary>
public sealed class TeacherFeatures(Teacher teacher) : ILatentEncoder
{
    private readonly float[][] _tables = [.. Enumerable.Range(0, teacher.Network.Shape.Input.Channels).Select(teacher.Normalization.Table)];

    /// <inheritdoc />
    public string Name => "teacher";

    /// <inheritdoc />
    public string Hash => teacher.Hash;

    /// <inheritdoc />
    public ImageShape Image => teacher.Network.Shape.Input;

    /// <inheritdoc />
    public LatentShape Latent { get; } = LatentShape.Vector((int)teacher.Network.FeatureCount);

    /// <inheritdoc />
    public void Encode(ReadOnlySpan<byte> images, Span<float> latents)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var plane = Image.Height * Image.Width;
        var values = new float[images.Length];
        for (var i = 0; i < values.Length; i++) values[i] = _tables[i / plane % Image.Channels][images[i]];
        teacher.Network.Embed(tensor(values, [images.Length / Image.Size, Image.Channels, Image.Height, Image.Width])).ToFloats().CopyTo(latents);
    }
}
