using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using SPaR.Method.Items;

namespace SPaR.Service.Datasets;

/// <summary>One row of training data before tokenisation, from any source.</summary>
/// <param name="Id">Names the row in messages.</param>
/// <param name="Messages">Of a preference: the conversation up to the answer. Of an example: the whole conversation.</param>
internal sealed record SourceRow(string Id, ImmutableArray<TrainingMessage> Messages, string? Chosen, string? Rejected)
{
    /// <summary>What it was asked, so that rows on the same prompt can be told: of a refiner example, the instruction.</summary>
    public ImmutableArray<TrainingMessage> Prompt { get; init; } =
        Chosen is null ? [.. Messages.TakeWhile(m => !m.IsLearnt)] : Messages;
}

/// <summary>SHA-256 over the contents of rows in order, without ids and formats.</summary>
internal sealed class RowHash : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Add(IReadOnlyList<TrainingMessage> messages, string? chosen, string? rejected)
    {
        _hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(new { messages, chosen, rejected }, RowJson.Options));
        _hash.AppendData("\n"u8);
    }

    public string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();
}
