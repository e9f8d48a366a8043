using System.Text;
using CsCheck;
using Ddoq.Formats;
using Ddoq.Foundations;

namespace Ddoq.Tests.Formats;

public sealed class NpyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_TwoAxes_GivesTheBytesOfNumpy()
    {
        NpyFile.Write<float>(_folder["x.npy"], new float[] { 1, 2, 3, 4, 5, 6 }, [2, 3]);
        var bytes = File.ReadAllBytes(_folder["x.npy"]);
        // What numpy.save writes for the same array: magic, version 1.0, 118 bytes of text ended by a newline.
        var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".PadRight(117) + "\n";
        byte[] expected = [0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. Encoding.ASCII.GetBytes(text)];
        Assert.Equal(expected, bytes[..128]);
        Assert.Equal(128 + 24, bytes.Length);
    }

    [Fact]
    public void Write_AnyMatrix_IsReadBackTheSame() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[1, 5]).SelectMany(s => Gen.Float.Array[s.Item1 * s.Item2].Select(v => (Rows: s.Item1, Columns: s.Item2, Values: v))).Sample(m =>
        {
            NpyFile.Write<float>(_folder["m"], m.Values, [m.Rows, m.Columns], replace: true);
            using var file = NpyFile.Open(_folder["m"]);
            Assert.Equal((m.Rows, m.Columns), (file.Rows, file.Columns));
            Assert.Equal(m.Values, file.ReadFloats());
        }, iter: 50, threads: 1);

    [Fact]
    public void ReadFloats_RowRange_ReadsThoseRows()
    {
        NpyFile.Write<Half>(_folder["x"], new[] { (Half)0, (Half)1, (Half)2, (Half)3, (Half)4, (Half)5 }, [3, 2]);
        using var file = NpyFile.Open(_folder["x"]);
        var rows = new float[4];
        file.ReadFloats(1, rows);
        Assert.Equal([2f, 3f, 4f, 5f], rows);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadFloats(2, rows));
        Assert.Throws<ArgumentException>(() => file.ReadFloats(0, new float[3]));
    }

    [Fact]
    public void ReadInt64_IntegersOfBothWidths_AreWidened()
    {
        NpyFile.Write<int>(_folder["i"], new[] { -1, int.MaxValue }, [2]);
        NpyFile.Write<long>(_folder["l"], new[] { long.MinValue, 7 }, [2]);
        NpyFile.Write<double>(_folder["d"], new[] { 0.1 }, [1]);
        using var i = NpyFile.Open(_folder["i"]);
        using var l = NpyFile.Open(_folder["l"]);
        using var d = NpyFile.Open(_folder["d"]);
        Assert.Equal([-1L, int.MaxValue], i.ReadInt64());
        Assert.Equal([long.MinValue, 7L], l.ReadInt64());
        Assert.Equal([0.1], d.ReadDoubles());
        Assert.Equal([0.1f], d.ReadFloats());
        Assert.Throws<BadInputException>(() => d.ReadInt64());
        Assert.Throws<BadInputException>(() => i.ReadFloats());
    }

    [Fact]
    public void NpyWriter_AppendedRows_AreOneArray()
    {
        var writer = new NpyWriter<float>(_folder["x"], columns: 2);
        writer.Append([1, 2]);
        writer.Flush();
        writer.Append([3, 4, 5, 6]);
        Assert.Throws<ArgumentException>(() => writer.Append([7]));
        writer.Finish();
        using var file = NpyFile.Open(_folder["x"]);
        Assert.Equal([3L, 2L], file.Shape);
        Assert.Equal([1f, 2f, 3f, 4f, 5f, 6f], file.ReadFloats());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Open_LaterVersions_AreRead(byte version)
    {
        var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n"u8;
        var path = _folder.Write("x", [0x93, .. "NUMPY"u8, version, 0, .. BitConverter.GetBytes(text.Length), .. text, .. BitConverter.GetBytes(2.5f)]);
        using var file = NpyFile.Open(path);
        Assert.Equal([2.5f], file.ReadFloats());
    }

    [Theory]
    [InlineData("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", ">f4")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "|O")]
    [InlineData("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", "ascontiguousarray")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "needs 8")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (), }{}", "description")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", "overflows")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "extent")]
    [InlineData("__import__('os')", "description")]
    public void Open_HandWrittenHeader_IsRefused(string text, string complaint)
    {
        var path = _folder.Write("x", [0x93, .. "NUMPY"u8, 1, 0, (byte)text.Length, 0, .. Encoding.ASCII.GetBytes(text), 0, 0, 0, 0]);
        Assert.Contains(complaint, Assert.Throws<BadInputException>(() => NpyFile.Open(path)).Message);
    }

    [Fact]
    public void Open_MutatedBytes_ReadsOrRefusesButNeverFails()
    {
        NpyFile.Write<float>(_folder["good"], new float[] { 1, 2, 3, 4 }, [2, 2]);
        var good = File.ReadAllBytes(_folder["good"]);
        Gen.Select(Gen.Int[0, 80], Gen.Byte).Array[1, 3].Sample(changes =>
        {
            var bytes = good.ToArray();
            foreach (var (at, value) in changes) bytes[at] = value;
            var path = _folder.Write("mutant", bytes);
            try
            {
                using var file = NpyFile.Open(path);
                if (file.Type == ElementType.Float32) Assert.Equal(4, file.ReadFloats().Length);
            }
            catch (BadInputException e)
            {
                Assert.Contains("mutant", e.Message);
            }
        }, iter: 2000, threads: 1);
    }
}
