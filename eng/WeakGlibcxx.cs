// Compiled twice: by Libtorch.targets as a build task (C# against netstandard 2.0), and into Ddoq.Cli.Tests for its unit tests.
#nullable enable
using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

/// <summary>
/// Marks one version need of a shared library as weak, so that the dynamic loader warns at most where the version is absent
/// instead of refusing the library. Reads and writes 64-bit little-endian ELF, sections as in the gABI and the LSB (Elf64_Verneed).
/// </summary>
internal static class WeakGlibcxx
{
    /// <summary>The version that TorchSharp's native library asks for and no relocation of it uses.</summary>
    public const string Version = "GLIBCXX_3.4.32";

    private const uint SectionTypeVersionNeed = 0x6ffffffe; // SHT_GNU_verneed
    private const ushort FlagWeak = 0x2;                    // VER_FLG_WEAK

    /// <summary>Sets the weak flag on each need of <paramref name="version"/> in the image.</summary>
    /// <returns>How many flags changed; 0 where all were weak already or none exists.</returns>
    /// <exception cref="InvalidDataException">The bytes are no 64-bit little-endian ELF file, or offsets point outside it.</exception>
    public static int Mark(byte[] elf, string version = Version)
    {
        var changed = 0;
        foreach (var entry in Needs(elf))
        {
            if (entry.Name != version) continue;
            var flags = U16(elf, entry.FlagsAt);
            if ((flags & FlagWeak) != 0) continue;
            elf[(int)entry.FlagsAt] = (byte)(flags | FlagWeak);
            changed++;
        }
        return changed;
    }

    /// <summary>All version needs: name and the file offset of the 16-bit flags.</summary>
    public static IReadOnlyList<(string Name, long FlagsAt)> Needs(byte[] elf)
    {
        if (elf.Length < 64 || U32(elf, 0) != 0x464c457f || elf[4] != 2 || elf[5] != 1)
            throw new InvalidDataException("not a 64-bit little-endian ELF file");
        var found = new List<(string, long)>();
        long table = I64(elf, 0x28), size = U16(elf, 0x3a), count = U16(elf, 0x3c);
        for (long i = 0; i < count; i++)
        {
            var section = table + i * size;
            if (U32(elf, section + 4) == SectionTypeVersionNeed) ReadNeeds(elf, section, table, size, found);
        }
        return found;
    }

    // Verneed: version u16, aux count u16, file u32, offset of first aux u32, offset of next u32.
    private static void ReadNeeds(byte[] elf, long section, long table, long size, List<(string, long)> found)
    {
        var names = I64(elf, table + U32(elf, section + 0x28) * size + 0x18); // sh_link names the string table
        var need = I64(elf, section + 0x18);
        var needs = U32(elf, section + 0x2c);                                   // sh_info counts the entries
        for (uint n = 0; n < needs; n++)
        {
            ReadVersions(elf, need, names, found);
            var next = U32(elf, need + 12);
            if (next == 0) return; // the end of the chain, whatever the count says
            need += next;
        }
    }

    // Vernaux: hash u32, flags u16, index u16, name u32, offset of next u32.
    private static void ReadVersions(byte[] elf, long need, long names, List<(string, long)> found)
    {
        var aux = need + U32(elf, need + 8);
        for (var n = U16(elf, need + 2); n > 0; n--)
        {
            found.Add((Text(elf, names + U32(elf, aux + 8)), aux + 4));
            var next = U32(elf, aux + 12);
            if (next == 0) return;
            aux += next;
        }
    }

    private static string Text(byte[] elf, long at)
    {
        var end = at;
        while (Byte(elf, end) != 0) end++;
        return Encoding.ASCII.GetString(elf, (int)at, (int)(end - at));
    }

    private static byte Byte(byte[] elf, long at) =>
        at >= 0 && at < elf.Length ? elf[at] : throw new InvalidDataException($"offset {at} lies outside the {elf.Length} bytes of the file");

    private static ushort U16(byte[] elf, long at) => (ushort)(Byte(elf, at) | Byte(elf, at + 1) << 8);

    private static uint U32(byte[] elf, long at) => (uint)(U16(elf, at) | U16(elf, at + 2) << 16);

    private static long I64(byte[] elf, long at) => (long)(U32(elf, at) | (ulong)U32(elf, at + 4) << 32);
}

/// <summary>Puts native libraries of the package cache into one folder: links where possible, a changed copy of the one that needs it.</summary>
internal static class LibtorchFolder
{
    /// <summary>
    /// Gathers <paramref name="sources"/> in <paramref name="folder"/>. Safe to run from several builds at once, and never
    /// writes to a source: a hard link shares its bytes with the cache, so the changed library is a new file renamed over the old name.
    /// </summary>
    public static void Gather(IEnumerable<string> sources, string folder)
    {
        Directory.CreateDirectory(folder);
        using (Lock(Path.Combine(folder, ".lock")))
        {
            foreach (var source in sources) Place(source, Path.Combine(folder, Path.GetFileName(source)));
            File.WriteAllText(Path.Combine(folder, ".gathered"), "");
        }
    }

    /// <summary>Replaces <paramref name="file"/> by a copy of <paramref name="source"/> with the weak flag, in one rename.</summary>
    public static void PlaceWeak(string source, string file)
    {
        var elf = File.ReadAllBytes(source);
        WeakGlibcxx.Mark(elf);
        if (File.Exists(file) && SameBytes(File.ReadAllBytes(file), elf)) return;
        var temporary = file + ".new";
        File.Delete(temporary);
        File.WriteAllBytes(temporary, elf);
        Call(rename(temporary, file), "rename", file);
    }

    private static void Place(string source, string file)
    {
        if (Path.GetFileName(source) == "libLibTorchSharp.so") PlaceWeak(source, file);
        else if (!IsSame(source, file)) LinkOrCopy(source, file);
    }

    private static void LinkOrCopy(string source, string file)
    {
        var temporary = file + ".new";
        File.Delete(temporary);
        if (link(source, temporary) != 0) File.Copy(source, temporary); // another file system, or links not allowed
        Call(rename(temporary, file), "rename", file);
        File.Delete(temporary); // rename leaves both names where both are links to one file
    }

    private static bool IsSame(string source, string file) =>
        File.Exists(file) && new FileInfo(source).Length == new FileInfo(file).Length
        && File.GetLastWriteTimeUtc(source) == File.GetLastWriteTimeUtc(file);

    private static bool SameBytes(byte[] a, byte[] b)
    {
        if (a.Length != b.Length) return false;
        for (var i = 0; i < a.Length; i++) if (a[i] != b[i]) return false;
        return true;
    }

    // Several projects are built at once; one gathers, the others wait for at most two minutes.
    private static FileStream Lock(string path)
    {
        for (var attempt = 0; ; attempt++)
        {
            try { return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
            catch (IOException) when (attempt < 1200) { System.Threading.Thread.Sleep(100); }
        }
    }

    private static void Call(int result, string name, string path)
    {
        if (result != 0) throw new IOException($"{name} failed for '{path}' with error {Marshal.GetLastWin32Error()}");
    }

    // netstandard 2.0 has neither hard links nor a move that overwrites.
    [DllImport("libc", SetLastError = true)] private static extern int link(string from, string to);
    [DllImport("libc", SetLastError = true)] private static extern int rename(string from, string to);
}

#if !DDOQ_TESTS
/// <summary>The build task: see Libtorch.targets.</summary>
public sealed class GatherLibtorch : Microsoft.Build.Utilities.Task
{
    public Microsoft.Build.Framework.ITaskItem[] Sources { get; set; } = Array.Empty<Microsoft.Build.Framework.ITaskItem>();

    public string Folder { get; set; } = "";

    public override bool Execute()
    {
        try { LibtorchFolder.Gather(Array.ConvertAll(Sources, source => source.ItemSpec), Folder); }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Log.LogError($"libtorch could not be gathered in '{Folder}': {e.Message}");
        }
        return !Log.HasLoggedErrors;
    }
}
#endif
