using System.Collections.Immutable;
using System.Text.Json.Nodes;
using SPaR.Method.Items;
using SPaR.Service.Uploads;

namespace SPaR.Service.Datasets;

/// <summary>Uploaded training data; never changed.</summary>
public sealed class Dataset
{
    /// <summary><c>ds_…</c></summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The format of the upload (<see cref="DatasetFormats"/>).</summary>
    public required string Format { get; init; }

    public required DatasetKind Kind { get; init; }

    public required int Count { get; init; }

    /// <summary>SHA-256 of its rows in order, independent of the format.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Of the upload, as it was sent; null in old rows.</summary>
    public long? Bytes { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How the file was understood; null in old rows.</summary>
    public UploadReport? Upload { get; init; }
}

public enum DatasetKind
{
    /// <summary>A prompt with a chosen and a rejected answer.</summary>
    Preferences,

    /// <summary>Conversations to imitate.</summary>
    Conversations,
}

public sealed class DatasetRow
{
    public required string DatasetId { get; init; }

    public required int Ordinal { get; init; }

    /// <summary>Its place in the upload: <c>line 3</c>, <c>[2]</c>, <c>row 7</c>.</summary>
    public required string Place { get; init; }

    /// <summary>Of a preference: the conversation up to the answer. Of an example: the whole conversation.</summary>
    public required ImmutableArray<TrainingMessage> Messages { get; init; }

    /// <summary>Null for an example.</summary>
    public string? Chosen { get; init; }

    /// <summary>Null for an example.</summary>
    public string? Rejected { get; init; }

    /// <summary>Columns that the format does not have, if they are kept.</summary>
    public JsonNode? Metadata { get; init; }
}
