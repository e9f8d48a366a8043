namespace Ddoq.Distilled;

/// <summary>The Python snippet that goes with every set; it lives in <c>samples/load_ddoq.py</c> and is embedded at build time.</summary>
internal static class PythonLoader
{
    public static byte[] Bytes()
    {
        using var stream = typeof(PythonLoader).Assembly.GetManifestResourceStream(SetLayout.Loader)!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
