using System.Collections.Immutable;
using SPaR.Method.Items;

namespace SPaR.Service.Datasets;

/// <summary>Uploaded training data; never changed.</summary>
public sealed class Dataset
{
    /// <summary><c>ds_…</c></summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The format of the upload.</summary>
    public required DatasetFormat Format { get; init; }

    public required int Count { get; init; }

    /// <summary>SHA-256 of its rows in order, independent of the format.</summary>
    public required string Sha256 { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

public enum DatasetFormat
{
    /// <summary>TRL, conversational: prompt, chosen and rejected are lists of messages.</summary>
    Trl,

    /// <summary>TRL, plain text: prompt, chosen and rejected are strings.</summary>
    TrlStandard,

    /// <summary>LLaMA-Factory's ranking: messages, chosen and rejected.</summary>
    Llamafactory,

    /// <summary>OpenAI's preference fine-tuning: input, preferred_output and non_preferred_output.</summary>
    Openai,

    /// <summary>Conversations to imitate: messages, the last one the assistant's.</summary>
    Sft,
}

public sealed class DatasetRow
{
    public required string DatasetId { get; init; }

    public required int Ordinal { get; init; }

    /// <summary>Its line in the upload, from 1.</summary>
    public required long Line { get; init; }

    /// <summary>Of a preference: the conversation up to the answer. Of an example: the whole conversation.</summary>
    public required ImmutableArray<TrainingMessage> Messages { get; init; }

    /// <summary>Null for an example.</summary>
    public string? Chosen { get; init; }

    /// <summary>Null for an example.</summary>
    public string? Rejected { get; init; }
}
