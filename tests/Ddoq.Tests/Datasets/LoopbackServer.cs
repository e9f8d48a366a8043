using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ddoq.Tests.Datasets;

/// <summary>A tiny HTTP/1.1 file server on the loopback address that can break off, ignore ranges, or answer with an error.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<string> _requests = new();
    private int _served;

    public LoopbackServer()
    {
        _listener.Start();
        _ = Task.Run(AcceptAll);
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>What each path holds; others are answered with 404.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new();

    /// <summary>Body bytes after which response number n is cut off; absent means whole.</summary>
    public ConcurrentDictionary<int, int> CutAfter { get; } = new();

    /// <summary>Status that response number n is answered with instead.</summary>
    public ConcurrentDictionary<int, int> Status { get; } = new();

    public bool IgnoreRanges { get; set; }

    /// <summary>Requests so far, as "PATH" or "PATH from N".</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAll()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await Answer(client.GetStream());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The listener was disposed: the test is over.
        }
    }

    private async Task Answer(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var path = (await reader.ReadLineAsync())!.Split(' ')[1].TrimStart('/');
        int? from = null;
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
            if (line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase)) from = int.Parse(line[13..].TrimEnd('-'), CultureInfo.InvariantCulture);
        var number = _served++;
        _requests.Enqueue(from is null ? path : $"{path} from {from}");
        if (Status.TryGetValue(number, out var status)) await Head(stream, $"{status} Error", 0);
        else if (!Files.TryGetValue(path, out var bytes)) await Head(stream, "404 Not Found", 0);
        else await Send(stream, bytes, IgnoreRanges ? null : from, CutAfter.GetValueOrDefault(number, int.MaxValue));
    }

    private static async Task Send(NetworkStream stream, byte[] bytes, int? from, int cut)
    {
        if (from >= bytes.Length)
        {
            await Head(stream, "416 Range Not Satisfiable", 0, $"Content-Range: bytes */{bytes.Length}\r\n");
            return;
        }
        var body = bytes.AsMemory(from ?? 0);
        if (from is null) await Head(stream, "200 OK", body.Length);
        else await Head(stream, "206 Partial Content", body.Length, $"Content-Range: bytes {from}-{bytes.Length - 1}/{bytes.Length}\r\n");
        await stream.WriteAsync(body[..Math.Min(cut, body.Length)]);
    }

    private static async Task Head(NetworkStream stream, string status, int length, string more = "") =>
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{more}Connection: close\r\n\r\n"));
}
