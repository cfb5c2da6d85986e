using System.Security.Cryptography;
using System.Text.Json;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>SHA-256 of a benchmark's items in order, lower-case hex. Evaluations with the same hash can be compared.</summary>
internal sealed class BenchmarkHash : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public static string Of(IEnumerable<BenchmarkItem> items)
    {
        using var hash = new BenchmarkHash();
        foreach (var item in items)
            hash.Add(item);
        return hash.Finish();
    }

    public void Add(BenchmarkItem item)
    {
        _hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(item.Key));
        _hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(item.Body));
        _hash.AppendData("\n"u8);
    }

    public string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();
}
