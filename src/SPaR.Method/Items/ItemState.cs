namespace SPaR.Method.Items;

/// <summary>The state of an instruction in a run. Each one ends in exactly one of the states other than pending. In JSON the names are in
/// kebab case.</summary>
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

    /// <summary>No answer was judged bad, and at least one good.</summary>
    AlreadyGood,

    /// <summary>No answer was judged good or bad, and at least one was a tie.</summary>
    JudgeTie,

    /// <summary>No vote on any answer was readable. With the detail <c>no-answer</c>, there was nothing to judge: every answer ended within
    /// its reasoning.</summary>
    Unreadable,

    /// <summary>The search found no accepted node; the detail is <c>no-child</c>, <c>budget</c> or <c>not-accepted</c>.</summary>
    SearchFailed,

    /// <summary>Independent pairs only: there is a bad answer but no good one to pair it with.</summary>
    NoContrast,
}
