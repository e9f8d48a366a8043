using System.Net;
using System.Net.Http.Headers;
using Ddoq.Foundations;

namespace Ddoq.Datasets;

/// <summary>
/// Fetches one file over HTTP. What has arrived lies beside the target as <c>.partial</c>; an interrupted transfer goes on from there, within a
/// call and in a later one. The target appears only after the check, whole; a wrong file is removed.
/// </summary>
/// <param name="address">The file's address.</param>
/// <param name="target">Where the file is to stand.</param>
/// <param name="longest">Bytes after which the transfer is given up as wrong.</param>
/// <param name="isRight">Checks the whole file before it gets its name.</param>
public sealed class ResumableDownload(Uri address, string target, long longest, Func<string, bool> isRight)
{
    private const int Attempts = 4;
    private const int BufferLength = 1 << 16;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SilenceTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Wait before the second attempt; doubled for each further one.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    private string Partial => target + ".partial";

    /// <summary>Fetches the file, trying up to four times.</summary>
    /// <param name="progress">Told of the bytes that lie here.</param>
    /// <param name="cancellation">Stops the transfer; what has arrived is kept.</param>
    /// <exception cref="WorkFailedException">The server refuses, the transfer breaks off for good, the file is not the right one, or it cannot be written.</exception>
    public void Fetch(IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!);
            var resumed = File.Exists(Partial);
            FetchAsync(progress, cancellation).GetAwaiter().GetResult();
            if (TryKeep()) return;
            // What an earlier run left may have belonged to another version of the file: once more, from the start.
            if (resumed) FetchAsync(progress, cancellation).GetAwaiter().GetResult();
            if (!resumed || !TryKeep())
                throw new WorkFailedException($"what {address} sends has not the pinned checksum. It was removed; try again or use another address.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WorkFailedException($"'{Partial}' cannot be written: {e.Message} If another run is fetching it, wait for that one.", e);
        }
    }

    private async Task FetchAsync(IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        using var client = new HttpClient(new SocketsHttpHandler { ConnectTimeout = ConnectTimeout }) { Timeout = Timeout.InfiniteTimeSpan };
        await using var file = new FileStream(Partial, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        for (var attempt = 1; ; attempt++)
        {
            var problem = await TryOnce(client, file, progress, cancellation);
            if (problem is null) return;
            if (attempt == Attempts)
                throw new WorkFailedException($"{address} was interrupted {Attempts} times, at last after {file.Length} bytes ({problem}). They are kept in '{Partial}': run again to go on from there.");
            await Task.Delay(Pause * (1 << (attempt - 1)), cancellation);
        }
    }

    // Null when everything has arrived, else why it did not.
    private async Task<string?> TryOnce(HttpClient client, FileStream file, IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(SilenceTimeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (file.Length > 0) request.Headers.Range = new RangeHeaderValue(file.Length, null);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            if (IsWholeAlready(response, file)) return null;
            return Begin(response, file) ?? await Copy(response.Content, file, silence, progress);
        }
        catch (HttpRequestException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"nothing came for {SilenceTimeout.TotalSeconds:0} seconds";
        }
    }

    // The last byte came, but not the rename: asking for more is answered by 416 and the length that we have.
    private static bool IsWholeAlready(HttpResponseMessage response, FileStream file) =>
        response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && response.Content.Headers.ContentRange?.Length == file.Length;

    // Places the file's end where the response goes on: a server may answer a range with the whole file.
    private string? Begin(HttpResponseMessage response, FileStream file)
    {
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            file.SetLength(0);
            return "what had been kept does not fit; starting anew";
        }
        if ((int)response.StatusCode >= 500) return $"HTTP {(int)response.StatusCode}";
        if (!response.IsSuccessStatusCode) throw new WorkFailedException($"{address} answers HTTP {(int)response.StatusCode} {response.ReasonPhrase}.");
        var goesOn = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == file.Length;
        if (!goesOn) file.SetLength(0);
        file.Seek(0, SeekOrigin.End);
        return response.StatusCode == HttpStatusCode.PartialContent && !goesOn ? "the server sent another range than asked for" : null;
    }

    // Null when the response has come to its end. A broken connection is worth another attempt, a full disk is not: only reads are caught.
    private async Task<string?> Copy(HttpContent content, FileStream file, CancellationTokenSource silence, IProgress<StageProgress>? progress)
    {
        var total = content.Headers.ContentLength is { } left ? file.Length + left : longest;
        var buffer = new byte[BufferLength];
        await using var stream = await content.ReadAsStreamAsync(silence.Token);
        while (true)
        {
            int read;
            try
            {
                read = await stream.ReadAsync(buffer, silence.Token);
            }
            catch (IOException e)
            {
                return e.Message;
            }
            if (read == 0) return null;
            silence.CancelAfter(SilenceTimeout);
            file.Write(buffer, 0, read);
            if (file.Length > longest) throw RemoveWrong(file, $"is longer than {longest} bytes");
            progress?.Report(new StageProgress("download", file.Length, total, "bytes", Path.GetFileName(target)));
        }
    }

    private WorkFailedException RemoveWrong(FileStream file, string cause)
    {
        file.SetLength(0);
        return new WorkFailedException($"what {address} sends {cause}: not the file that was asked for. It was removed.");
    }

    private bool TryKeep()
    {
        if (isRight(Partial))
        {
            File.Move(Partial, target, overwrite: true);
            return true;
        }
        File.Delete(Partial);
        return false;
    }
}
