namespace SPaR.Method.Items;

/// <summary>Where an instruction stands in a run. Every one ends in exactly one of the states other than pending; on the wire the
/// names are in kebab case.</summary>
public enum ItemState
{
    Pending,

    /// <summary>The run was cancelled before the item ended.</summary>
    Cancelled,

    /// <summary>It failed three times; the detail is the error.</summary>
    Error,

    /// <summary>The prompt does not fit the context; the detail names the step.</summary>
    TooLong,

    /// <summary>It gave a preference pair.</summary>
    Paired,

    /// <summary>No answer was judged bad, at least one good.</summary>
    AlreadyGood,

    /// <summary>No answer was judged good or bad, at least one vote was a tie.</summary>
    JudgeTie,

    /// <summary>No vote on any answer could be read.</summary>
    Unreadable,

    /// <summary>The tree has no accepted node; the detail is <c>no-child</c>, <c>budget</c> or <c>not-accepted</c>.</summary>
    SearchFailed,

    /// <summary>Independent pairs only: no good answer beside a bad one.</summary>
    NoContrast,
}
