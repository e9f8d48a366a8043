using System.Text;

namespace Ddoq.Cli.Tests.Eng;

/// <summary>The least ELF file that has version needs: header, string table, one Verneed with its Vernaux chain, three section headers.</summary>
internal static class SyntheticElf
{
    private const int HeaderSize = 64, SectionSize = 64, NeedSize = 16;

    public static byte[] With(params string[] versions)
    {
        var strings = new MemoryStream();
        strings.WriteByte(0);
        var names = versions.Select(version => Append(strings, version)).ToArray();
        var needsAt = HeaderSize + (int)strings.Length;
        var sectionsAt = needsAt + NeedSize * (versions.Length + 1);

        using var elf = new BinaryWriter(new MemoryStream());
        WriteHeader(elf, sectionsAt);
        elf.Write(strings.ToArray());
        WriteNeeds(elf, names);
        WriteSection(elf, type: 0, at: 0, size: 0, link: 0, info: 0);
        WriteSection(elf, type: 3, at: HeaderSize, size: (int)strings.Length, link: 0, info: 0);
        WriteSection(elf, type: 0x6ffffffe, at: needsAt, size: sectionsAt - needsAt, link: 1, info: 1);
        return ((MemoryStream)elf.BaseStream).ToArray();
    }

    private static int Append(MemoryStream strings, string text)
    {
        var at = (int)strings.Length;
        strings.Position = at;
        strings.Write(Encoding.ASCII.GetBytes(text + "\0"));
        return at;
    }

    private static void WriteHeader(BinaryWriter elf, int sectionsAt)
    {
        elf.Write([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        elf.Write((ushort)3); elf.Write((ushort)62); elf.Write(1); // shared object, x86-64, version
        elf.Write(0L); elf.Write(0L); elf.Write((long)sectionsAt); // entry, program headers, section headers
        elf.Write(0); elf.Write((ushort)HeaderSize); elf.Write((ushort)0); elf.Write((ushort)0);
        elf.Write((ushort)SectionSize); elf.Write((ushort)3); elf.Write((ushort)0);
    }

    private static void WriteNeeds(BinaryWriter elf, int[] names)
    {
        elf.Write((ushort)1); elf.Write((ushort)names.Length); elf.Write(0); elf.Write(NeedSize); elf.Write(0);
        for (var i = 0; i < names.Length; i++)
        {
            elf.Write(0x1234); elf.Write((ushort)0); elf.Write((ushort)(i + 2)); elf.Write(names[i]);
            elf.Write(i == names.Length - 1 ? 0 : NeedSize);
        }
    }

    private static void WriteSection(BinaryWriter elf, uint type, int at, int size, int link, int info)
    {
        elf.Write(0); elf.Write(type); elf.Write(0L); elf.Write(0L); elf.Write((long)at); elf.Write((long)size);
        elf.Write(link); elf.Write(info); elf.Write(0L); elf.Write(0L);
    }
}
