namespace SPaR.Method.Recipes;

/// <summary>Whether models think before they answer, and what becomes of their reasoning.</summary>
public sealed record ReasoningOptions
{
    /// <summary>Whether models that can think do. The paper's models do not.</summary>
    public bool Thinking { get; init; }

    /// <summary>Whether the reasoning is taken off replies before anything reads them: judging, pairs, scores, training. It is stored
    /// beside them. False leaves replies as they were generated.</summary>
    public bool Remove { get; init; } = true;

    /// <summary>The mark before the reasoning; null: the one that the model's chat template has.</summary>
    public string? Open { get; init; }

    /// <summary>The mark after the reasoning; null: the one that the model's chat template has.</summary>
    public string? Close { get; init; }

    /// <returns>The marks to look for; null leaves the model's replies whole.</returns>
    internal ReasoningFormat? FormatOf(ITextModel model) => this switch
    {
        { Remove: false } => null,
        { Open: { } open, Close: { } close } => new(open, close, model.Reasoning?.IsOpened ?? false),
        _ => model.Reasoning,
    };
}
