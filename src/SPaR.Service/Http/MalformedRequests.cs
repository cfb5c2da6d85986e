using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;

namespace SPaR.Service.Http;

/// <summary>Kestrel refuses malformed requests before the application sees them, with an empty body. On a connection without TLS this gives
/// such a response the body of a problem.</summary>
internal static class MalformedRequests
{
    private static readonly byte[] NoBody = "\r\nContent-Length: 0\r\n"u8.ToArray();

    public static ConnectionDelegate Explain(ConnectionDelegate next) => connection =>
    {
        connection.Transport = new Transport(connection.Transport.Input, new ResponseWriter(connection.Transport.Output));
        return next(connection);
    };

    /// <param name="response">What Kestrel wrote at once.</param>
    /// <returns>Null unless it is a whole error response without a body, which only Kestrel itself writes.</returns>
    internal static byte[]? Explained(ReadOnlySpan<byte> response)
    {
        if (!(response.StartsWith("HTTP/1.1 4"u8) || response.StartsWith("HTTP/1.1 5"u8)) || !response.EndsWith("\r\n\r\n"u8)
            || response.IndexOf(NoBody) is var at && at < 0)
            return null;
        var status = int.Parse(response["HTTP/1.1 ".Length..].Slice(0, 3), CultureInfo.InvariantCulture);
        var body = JsonSerializer.SerializeToUtf8Bytes(Of(status), ApiJson.Options);
        var head = $"\r\nContent-Type: {Problem.ContentType}\r\nX-Content-Type-Options: nosniff\r\nContent-Length: {body.Length}\r\n";
        return [.. response[..at], .. Encoding.ASCII.GetBytes(head), .. response[(at + NoBody.Length)..], .. body];
    }

    public static Problem Of(int status) => status switch
    {
        StatusCodes.Status408RequestTimeout => new(
            status, "request-timeout", "The request did not arrive in time; send it again, and faster."),
        StatusCodes.Status413PayloadTooLarge => new(status, "too-large", "The body is too long; send less at once."),
        StatusCodes.Status414UriTooLong => new(status, "address-too-long", "The address is too long; shorten its path or its query."),
        StatusCodes.Status431RequestHeaderFieldsTooLarge => new(
            status, "headers-too-large", "The headers are too long or too many; send fewer."),
        _ => new(
            status, "malformed-request", "The request is not valid. Look for a space or a control character in the address, %00, a header "
            + "that is not ASCII or UTF-8, a missing Host, and a body that ends too early."),
    };

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class ResponseWriter(PipeWriter inner) : PipeWriter
    {
        private Memory<byte> _memory;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes)
        {
            if (Explained(_memory.Span[..bytes]) is { } explained)
                inner.Write(explained);
            else
                inner.Advance(bytes);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => _memory = inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            inner.FlushAsync(cancellationToken);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }
}
