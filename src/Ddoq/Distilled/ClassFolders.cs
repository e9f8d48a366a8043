using System.Globalization;
using System.Text;

namespace Ddoq.Distilled;

/// <summary>
/// Names of class folders and image files. The zero-padded class index leads, so ordinal order of the names is label order,
/// which is the order in which <c>torchvision.datasets.ImageFolder</c> numbers classes and images.
/// </summary>
public static class ClassFolders
{
    private const int LongestSlug = 64;

    /// <summary>Folder of one class: padded index, underscore, and the name reduced to letters, digits, dot, underscore and hyphen; "0_T-shirt-top".</summary>
    public static string NameOf(int label, IReadOnlyList<string> classNames)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(label);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(label, classNames.Count);
        return $"{Padded(label, Digits(classNames.Count - 1))}_{Slug(classNames[label])}";
    }

    /// <summary>File of one image, relative to <c>train/</c>: "0_T-shirt-top/0_T-shirt-top_00007.png".</summary>
    /// <param name="folder">Class folder from <see cref="NameOf"/>.</param>
    /// <param name="index">Place within the class, from 0.</param>
    /// <param name="classSize">Images in the class; beyond 100,000 the number gets more than five digits.</param>
    public static string FileOf(string folder, int index, int classSize) =>
        $"{folder}/{folder}_{Padded(index, Math.Max(5, Digits(classSize - 1)))}.png";

    private static string Slug(string name)
    {
        var slug = new StringBuilder();
        foreach (var c in name)
            if (char.IsAsciiLetterOrDigit(c) || c is '.' or '_') slug.Append(c);
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
        // No dot or hyphen at the ends: some systems drop a trailing dot.
        var trimmed = slug.ToString(0, Math.Min(slug.Length, LongestSlug)).Trim('.', '-');
        return trimmed.Length > 0 ? trimmed : "class";
    }

    private static int Digits(int value) => value.ToString(CultureInfo.InvariantCulture).Length;

    private static string Padded(int value, int digits) => value.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
}
