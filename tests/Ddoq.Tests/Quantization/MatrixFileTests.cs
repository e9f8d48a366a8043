using Ddoq.Formats;
using Ddoq.Foundations;
using Ddoq.Quantization;

namespace Ddoq.Tests.Quantization;

public sealed class MatrixFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_NpyWithLabels_GroupsRows()
    {
        NpyFile.Write<float>(_folder["x.npy"], new float[] { 1, 2, 3, 4, 5, 6 }, [3, 2]);
        NpyFile.Write<long>(_folder["y.npy"], new long[] { 1, 0, 1 }, [3]);
        var matrix = MatrixFile.Read(_folder["x.npy"], _folder["y.npy"]);
        Assert.Equal(["0", "1"], matrix.ClassNames);
        Assert.Equal([1f, 2f, 5f, 6f], matrix.ReadClass(1).Values.ToArray());
        Assert.Equal([0L, 2L], matrix.SourceIndices(1));
    }

    [Fact]
    public void Read_Safetensors_TakesTheOnlyMatrix()
    {
        new SafetensorsWriter().Add("x", new Half[] { (Half)1, (Half)2 }, 1, 2).Add("note", new float[3], 3).Write(_folder["x.safetensors"]);
        Assert.Equal([1f, 2f], MatrixFile.Read(_folder["x.safetensors"]).ReadClass(0).Values.ToArray());
        new SafetensorsWriter().Add("x", new float[2], 1, 2).Add("y", new float[2], 2, 1).Write(_folder["two.safetensors"]);
        Assert.Contains("found 2", Assert.Throws<BadInputException>(() => MatrixFile.Read(_folder["two.safetensors"])).Message);
    }

    [Fact]
    public void Read_WhatDoesNotFit_IsRefused()
    {
        NpyFile.Write<float>(_folder["flat.npy"], new float[4], [4]);
        NpyFile.Write<float>(_folder["x.npy"], new float[4], [2, 2]);
        NpyFile.Write<long>(_folder["short.npy"], new long[1], [1]);
        NpyFile.Write<long>(_folder["negative.npy"], new long[] { 0, -1 }, [2]);
        Assert.Contains("(4)", Assert.Throws<BadInputException>(() => MatrixFile.Read(_folder["flat.npy"])).Message);
        Assert.Contains("1 labels", Assert.Throws<BadInputException>(() => MatrixFile.Read(_folder["x.npy"], _folder["short.npy"])).Message);
        Assert.Contains("label -1 at row 1", Assert.Throws<BadInputException>(() => MatrixFile.Read(_folder["x.npy"], _folder["negative.npy"])).Message);
        Assert.Contains(".csv", Assert.Throws<BadInputException>(() => MatrixFile.Read(_folder["x.csv"])).Message);
    }
}
