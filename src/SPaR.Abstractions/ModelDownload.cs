using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;

namespace SPaR.Abstractions;

/// <summary>Brings a model's file from a service to this machine: to the side first, going on from what is there, and into its place when
/// it has the SHA-256 that it must have. Knows neither models nor folders; workers and the terminal share it.</summary>
/// <param name="http">Its base address is the service's; it has no time limit of its own.</param>
public sealed class ModelDownload(HttpClient http, TimeProvider time)
{
    private const int BufferBytes = 1 << 20, MostAttempts = 6, HashCharsInName = 16;

    /// <summary>EAGAIN: what a file that another has locked answers on Linux.</summary>
    private const int TakenByAnother = 11;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), LongestSilence = TimeSpan.FromSeconds(60);

    /// <summary>Returns at once where the file is there already. Of several that fetch the same file, in this process or in others, one
    /// does and the others wait.</summary>
    /// <param name="address">Relative to the service's.</param>
    /// <param name="target">Overwritten, at the end and at once. The directory is made.</param>
    /// <param name="progress">Told how many bytes there are, from the start of the file.</param>
    /// <exception cref="ModelRejectedException"><c>not-fetched</c>: the message says why and what to do. What has come so far stays for the
    /// next time, unless it was wrong.</exception>
    public async Task FetchAsync(
        string address, string sha256, long bytes, string target, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        // Named by the content: what came of another file is never gone on from.
        var side = $"{target}.{sha256[..HashCharsInName]}.part";
        await using var part = await OpenAloneAsync(side, cancellationToken);
        if (await HasAsync(target, sha256, bytes, cancellationToken))
        {
            File.Delete(side);
            return;
        }

        if (!await FillAsync(part, address, sha256, bytes, progress, cancellationToken))
        {
            // Once more from nothing: what was there may have been spoilt here, long ago.
            part.SetLength(0);
            if (!await FillAsync(part, address, sha256, bytes, progress, cancellationToken))
            {
                File.Delete(side);
                throw NotFetched(address, $"what comes has not the SHA-256 {sha256}, twice. Check the file in the service's models folder");
            }
        }

        part.Flush(flushToDisk: true);
        // Still locked: whoever waits for it finds the file in its place.
        File.Move(side, target, overwrite: true);
    }

    /// <summary>Whether a file is there and has this content.</summary>
    public static async Task<bool> HasAsync(string path, string sha256, long bytes, CancellationToken cancellationToken)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length != bytes)
            return false;
        await using var content = file.OpenRead();
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)) == sha256;
    }

    private async Task<FileStream> OpenAloneAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, useAsync: true);
            }
            catch (IOException error) when (error.HResult == TakenByAnother)
            {
                // It is at it, or has just put the file in its place: then there is none of this name any more.
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    /// <summary>Asks for what is missing until nothing is.</summary>
    /// <returns>Whether all of it has the hash that it must have.</returns>
    private async Task<bool> FillAsync(
        FileStream part, string address, string sha256, long bytes, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        if (part.Length > bytes)
            part.SetLength(0);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await HashAsync(part, hash, cancellationToken);
        for (var attempt = 1; part.Length < bytes;)
        {
            var before = part.Length;
            progress?.Report(before);
            var trouble = await AskAsync(part, hash, address, sha256, bytes, progress, cancellationToken);
            attempt = part.Length > before ? 1 : attempt + 1;
            if (part.Length < bytes && attempt > MostAttempts)
                throw NotFetched(
                    address, $"the line breaks again and again ({trouble}). {bytes - part.Length} bytes are missing; try again");
            if (part.Length < bytes)
                await Task.Delay(Pause * attempt, time, cancellationToken);
        }

        progress?.Report(part.Length);
        return Convert.ToHexStringLower(hash.GetHashAndReset()) == sha256;
    }

    /// <summary>One request, from what is there to the end or to where the line breaks.</summary>
    /// <returns>What broke it.</returns>
    private async Task<string> AskAsync(
        FileStream part, IncrementalHash hash, string address, string sha256, long bytes, IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(LongestSilence);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (part.Length > 0)
        {
            request.Headers.Range = new RangeHeaderValue(part.Length, null);
            request.Headers.IfRange = new RangeConditionHeaderValue($"\"{sha256}\"");
        }

        var buffer = new byte[BufferBytes];
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            if ((int)response.StatusCode >= 500 || response.StatusCode is HttpStatusCode.TooManyRequests)
                return $"{(int)response.StatusCode}: {await ReasonAsync(response, silence.Token)}";
            if (!response.IsSuccessStatusCode)
                throw NotFetched(address, await ReasonAsync(response, silence.Token));
            if (response.Headers.ETag?.Tag is { } tag && tag != $"\"{sha256}\"")
                throw NotFetched(address, $"the service has another file there, with the SHA-256 {tag}. Register it there as it is now");
            // All of it, although a part was asked for.
            if (response.StatusCode is not HttpStatusCode.PartialContent && part.Length > 0)
            {
                part.SetLength(0);
                hash.GetHashAndReset();
            }

            await using var body = await response.Content.ReadAsStreamAsync(silence.Token);
            while (await body.ReadAsync(buffer, silence.Token) is var read and > 0)
            {
                silence.CancelAfter(LongestSilence);
                if (part.Length + read > bytes)
                    throw NotFetched(address, $"more comes than the {bytes} bytes that there must be. Check the address of the service");
                await WriteAsync(part, buffer.AsMemory(0, read), cancellationToken);
                hash.AppendData(buffer, 0, read);
                progress?.Report(part.Length);
            }

            return "it ends too early";
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return FormattableString.Invariant($"nothing came for {LongestSilence.TotalSeconds:0} seconds");
        }
    }

    private static async Task WriteAsync(FileStream part, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await part.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException e)
        {
            // Not the line's trouble: asking again does not help.
            throw new ModelRejectedException("not-fetched", $"{part.Name} cannot be written: {e.Message} Make room there and try again.");
        }
    }

    /// <summary>Leaves the file at its end.</summary>
    private static async Task HashAsync(FileStream part, IncrementalHash hash, CancellationToken cancellationToken)
    {
        part.Position = 0;
        var buffer = new byte[BufferBytes];
        while (await part.ReadAsync(buffer, cancellationToken) is var read and > 0)
            hash.AppendData(buffer, 0, read);
    }

    /// <returns>The detail of the service's problem, where it says one.</returns>
    private static async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = $"it answers {(int)response.StatusCode} {response.ReasonPhrase}";
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return $"{status}; is this the service's address?";
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        return problem.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString() ?? status : status;
    }

    private ModelRejectedException NotFetched(string address, string why) =>
        new("not-fetched", $"{new Uri(http.BaseAddress!, address)} could not be fetched: {why.TrimEnd('.')}.");
}
