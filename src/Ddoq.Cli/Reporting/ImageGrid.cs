namespace Ddoq.Cli.Reporting;

/// <summary>The images of one method, a row per class.</summary>
/// <param name="Method">Short name, as in the scores.</param>
/// <param name="Description">What the images are.</param>
/// <param name="Rows">Classes in label order.</param>
internal sealed record ImageGrid(string Method, string Description, IReadOnlyList<GridRow> Rows);

/// <summary>The images of one class.</summary>
internal sealed record GridRow(string ClassName, IReadOnlyList<GridImage> Images);

/// <summary>One image with what it stands for.</summary>
/// <param name="Png">PNG file content.</param>
/// <param name="Width">Columns of the image.</param>
/// <param name="Weight">Loss factor, mean one within the class.</param>
/// <param name="Count">Source images in its cell; null where there are no cells.</param>
internal sealed record GridImage(byte[] Png, int Width, double Weight, long? Count);
