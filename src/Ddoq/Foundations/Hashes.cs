using System.Security.Cryptography;
using System.Text;

namespace Ddoq.Foundations;

/// <summary>Content hashes as they stand in manifests: lower-case hexadecimal SHA-256.</summary>
public static class Hashes
{
    /// <summary>SHA-256 of a file's bytes.</summary>
    public static string OfFile(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>SHA-256 of bytes in memory.</summary>
    public static string OfBytes(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>One hash for several, in this order.</summary>
    public static string OfHashes(params ReadOnlySpan<string> hashes) => OfBytes(Encoding.ASCII.GetBytes(string.Concat(hashes)));
}
