using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace SPaR.Service.Idempotency;

/// <summary>A request's body, hashed while it is read. Of a multipart form the boundary is left out, as clients choose another for each
/// attempt.</summary>
internal sealed class HashedBody : Stream
{
    private const int Block = 1 << 16;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Stream _body;
    private readonly byte[] _boundary;

    /// <summary>The end of what was read, which may be the beginning of a boundary.</summary>
    private byte[] _held = [];

    private byte[]? _result;

    public HashedBody(HttpRequest request)
    {
        _body = request.Body;
        _boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            ? Encoding.UTF8.GetBytes(HeaderUtilities.RemoveQuotes(type.Boundary).ToString())
            : [];
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Reads what is left of the body.</summary>
    /// <returns>SHA-256 of all of it.</returns>
    public async Task<byte[]> FinishAsync(CancellationToken cancellationToken)
    {
        if (_result is not null)
            return _result;
        var block = new byte[Block];
        while (await ReadAsync(block, cancellationToken) > 0)
            continue;
        _hash.AppendData(_held);
        return _result = _hash.GetHashAndReset();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await _body.ReadAsync(buffer, cancellationToken);
        Add(buffer.Span[..read]);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Bodies are read asynchronously.");

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _hash.Dispose();
        base.Dispose(disposing);
    }

    private void Add(ReadOnlySpan<byte> read)
    {
        if (_boundary.Length == 0)
        {
            _hash.AppendData(read);
            return;
        }

        ReadOnlySpan<byte> text = [.. _held, .. read];
        while (text.IndexOf(_boundary) is var at and >= 0)
        {
            _hash.AppendData(text[..at]);
            text = text[(at + _boundary.Length)..];
        }

        var hold = Math.Min(text.Length, _boundary.Length - 1);
        _hash.AppendData(text[..^hold]);
        _held = text[^hold..].ToArray();
    }
}
