using System.Buffers.Binary;
using System.IO.Compression;

namespace Ddoq.Tests.Datasets;

/// <summary>Writes PNG files chunk by chunk: kinds that the encoder does not write, and headers that lie.</summary>
internal static class HandmadePng
{
    /// <param name="rows">Rows with their leading filter byte, uncompressed.</param>
    public static byte[] Write(int width, int height, byte bits, byte colourType, byte[] rows, byte[]? palette = null)
    {
        using var png = new MemoryStream();
        png.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (bits, colourType);
        Chunk(png, "IHDR"u8, header);
        if (palette is not null) Chunk(png, "PLTE"u8, palette);
        Chunk(png, "IDAT"u8, Deflate(rows));
        Chunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static void Chunk(Stream png, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> body)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, body.Length);
        png.Write(word);
        png.Write(kind);
        png.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(word, Crc32([.. kind, .. body]));
        png.Write(word);
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1)));
        }
        return ~crc;
    }

    private static byte[] Deflate(byte[] rows)
    {
        using var memory = new MemoryStream();
        using (var zlib = new ZLibStream(memory, CompressionLevel.Optimal)) zlib.Write(rows);
        return memory.ToArray();
    }
}
