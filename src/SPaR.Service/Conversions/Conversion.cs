using SPaR.Method;

namespace SPaR.Service.Conversions;

/// <summary>One model turned into another form.</summary>
public sealed class Conversion
{
    /// <summary><c>cnv_…</c></summary>
    public required string Id { get; init; }

    public string? Name { get; init; }

    public required ConversionKind Kind { get; init; }

    /// <summary>Of an import: the folder, relative to the models folder.</summary>
    public string? Source { get; init; }

    /// <summary>The model that is exported or quantised; of an imported adapter the base.</summary>
    public string? ModelId { get; init; }

    /// <summary>Of an import: the name of the chat template; null to recognise the one in the file.</summary>
    public string? Template { get; init; }

    /// <summary>Of a quantisation: the type of most weights.</summary>
    public string? FileType { get; init; }

    /// <summary>Of a quantisation: the replies whose perplexity is measured before and after; null for none.</summary>
    public string? DatasetId { get; init; }

    public required RunStatus Status { get; init; }

    /// <summary>The share that is done, from 0 to 1.</summary>
    public required double Progress { get; init; }

    /// <summary>What it made, relative to the models folder: a file, or of an export a folder. Null until it is complete.</summary>
    public string? Path { get; init; }

    /// <summary>The model that it made; null for an export.</summary>
    public string? ResultId { get; init; }

    /// <summary>Null without a dataset.</summary>
    public PerplexityReport? Perplexity { get; init; }

    /// <summary>Why it failed: a stable code and a message that says what to do.</summary>
    public string? FailureCode { get; init; }

    public string? FailureMessage { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}

/// <param name="Replies">How many were scored; those that do not fit the context are left out.</param>
/// <param name="Tokens">Of all replies.</param>
/// <param name="Before">exp of the mean negative log-probability of a token, under the model that was quantised.</param>
/// <param name="After">The same under the result.</param>
/// <param name="Change">After / Before − 1.</param>
public sealed record PerplexityReport(int Replies, long Tokens, double Before, double After, double Change);
