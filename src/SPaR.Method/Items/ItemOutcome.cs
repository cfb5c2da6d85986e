namespace SPaR.Method.Items;

/// <summary>The state in which an item ends, and its detail.</summary>
public readonly record struct ItemOutcome(ItemState State, string? Detail = null)
{
    /// <summary>Every set of facts gives exactly one state: that of the first line that matches.</summary>
    public static ItemOutcome Of(ItemFacts facts) => facts switch
    {
        { Cancelled: true } => new(ItemState.Cancelled),
        { Error: { } error } => new(ItemState.Error, error),
        { TooLongAt: { } step } => new(ItemState.TooLong, step),
        { IsUnanswered: true } => new(ItemState.Unreadable, "no-answer"),
        { HasPair: true } => new(ItemState.Paired),
        { SearchFailure: { } why } => new(ItemState.SearchFailed, why),
        _ when facts.FirstLabels.Contains(Label.Bad) => new(ItemState.NoContrast),
        _ when facts.FirstLabels.Contains(Label.Good) => new(ItemState.AlreadyGood),
        _ when facts.FirstLabels.Contains(Label.Tie) => new(ItemState.JudgeTie),
        _ => new(ItemState.Unreadable),
    };
}

/// <summary>What is known about an item when it ends.</summary>
public sealed record ItemFacts
{
    public bool Cancelled { get; init; }

    public string? Error { get; init; }

    /// <summary><c>sample</c> or <c>judge</c>: the step whose prompt does not fit the context.</summary>
    public string? TooLongAt { get; init; }

    /// <summary>Every sampled answer ended within its reasoning.</summary>
    public bool IsUnanswered { get; init; }

    public bool HasPair { get; init; }

    /// <summary>Why the search gave no pair; null when it gave one, or there was no search.</summary>
    public string? SearchFailure { get; init; }

    /// <summary>The label of each sampled answer that was judged.</summary>
    public IReadOnlyList<Label> FirstLabels { get; init; } = [];
}
