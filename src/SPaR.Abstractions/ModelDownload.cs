using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;

namespace SPaR.Abstractions;

/// <summary>Downloads a model file from a service. Writes to a partial file, resumes where that ends, and moves it into place once the
/// SHA-256 is correct. Knows neither models nor folders; workers and the terminal client share it.</summary>
/// <param name="http">Has the service's address as base address, and no timeout.</param>
public sealed class ModelDownload(HttpClient http, TimeProvider time)
{
    private const int BufferBytes = 1 << 20, MostAttempts = 6, HashCharsInName = 16;

    /// <summary>EAGAIN: on Linux, another process has locked the file.</summary>
    private const int LockedByAnother = 11;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), LongestSilence = TimeSpan.FromSeconds(60);

    /// <summary>Returns at once if the file exists already. When several callers fetch the same file, in this process or in others, one
    /// downloads it and the others wait.</summary>
    /// <param name="address">Relative to the service's address.</param>
    /// <param name="target">Replaced in one step at the end. Its directory is created.</param>
    /// <param name="progress">Gets the number of bytes so far, from the start of the file.</param>
    /// <exception cref="ModelRejectedException"><c>not-fetched</c>: the message says why and what to do. The bytes so far are kept for the
    /// next attempt, unless they are wrong.</exception>
    public async Task FetchAsync(
        string address, string sha256, long bytes, string target, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        // Named after the content, so that a partial download of another file is never resumed.
        var partPath = $"{target}.{sha256[..HashCharsInName]}.part";
        await using var part = await OpenExclusivelyAsync(partPath, cancellationToken);
        if (await HasAsync(target, sha256, bytes, cancellationToken))
        {
            File.Delete(partPath);
            return;
        }

        if (!await FillAsync(part, address, sha256, bytes, progress, cancellationToken))
        {
            // Start over once: the partial file may have been damaged on this machine.
            part.SetLength(0);
            if (!await FillAsync(part, address, sha256, bytes, progress, cancellationToken))
            {
                File.Delete(partPath);
                throw NotFetched(
                    address, $"the download does not have the SHA-256 {sha256}, twice. Check the file in the service's models folder");
            }
        }

        part.Flush(flushToDisk: true);
        // Still locked: the others that wait find the file in place.
        File.Move(partPath, target, overwrite: true);
    }

    /// <summary>Whether the file exists and has this content.</summary>
    public static async Task<bool> HasAsync(string path, string sha256, long bytes, CancellationToken cancellationToken)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length != bytes)
            return false;
        await using var content = file.OpenRead();
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)) == sha256;
    }

    private async Task<FileStream> OpenExclusivelyAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, useAsync: true);
            }
            catch (IOException error) when (error.HResult == LockedByAnother)
            {
                // The other one is downloading, or has just moved the file into place.
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    /// <summary>Requests the missing bytes until none is missing.</summary>
    /// <returns>Whether the hash is correct.</returns>
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
            var error = await DownloadAsync(part, hash, address, sha256, bytes, progress, cancellationToken);
            attempt = part.Length > before ? 1 : attempt + 1;
            if (part.Length < bytes && attempt > MostAttempts)
                throw NotFetched(
                    address, $"the connection keeps breaking ({error}). {bytes - part.Length} bytes are missing; try again");
            if (part.Length < bytes)
                await Task.Delay(Pause * attempt, time, cancellationToken);
        }

        progress?.Report(part.Length);
        return Convert.ToHexStringLower(hash.GetHashAndReset()) == sha256;
    }

    /// <summary>Makes one request, from the end of the partial file until the end, or until the connection breaks.</summary>
    /// <returns>Why it ended.</returns>
    private async Task<string> DownloadAsync(
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
                throw NotFetched(address, $"the service has another file there, with the SHA-256 {tag}. Register that file again");
            // The service sends the whole file, although a range was requested.
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
                    throw NotFetched(address, $"the service sends more than the expected {bytes} bytes. Check the address of the service");
                await WriteAsync(part, buffer.AsMemory(0, read), cancellationToken);
                hash.AppendData(buffer, 0, read);
                progress?.Report(part.Length);
            }

            return "the response ended early";
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return FormattableString.Invariant($"no data for {LongestSilence.TotalSeconds:0} seconds");
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
            // A local problem: requesting again does not help.
            throw new ModelRejectedException("not-fetched", $"Cannot write {part.Name}: {e.Message} Make room there and try again.");
        }
    }

    /// <summary>Hashes the whole file and leaves the position at its end.</summary>
    private static async Task HashAsync(FileStream part, IncrementalHash hash, CancellationToken cancellationToken)
    {
        part.Position = 0;
        var buffer = new byte[BufferBytes];
        while (await part.ReadAsync(buffer, cancellationToken) is var read and > 0)
            hash.AppendData(buffer, 0, read);
    }

    /// <returns>The detail of the service's problem response, if there is one.</returns>
    private static async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = $"the service answers {(int)response.StatusCode} {response.ReasonPhrase}";
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return $"{status}; check that this is the service's address";
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        return problem.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString() ?? status : status;
    }

    private ModelRejectedException NotFetched(string address, string why) =>
        new("not-fetched", $"{new Uri(http.BaseAddress!, address)} could not be fetched: {why.TrimEnd('.')}.");
}
