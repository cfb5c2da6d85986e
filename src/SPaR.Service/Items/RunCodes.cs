namespace SPaR.Service.Items;

/// <summary>Why a run ended as it did, for programs. A model that cannot be used has the code that its registration would have.</summary>
internal static class RunCodes
{
    /// <summary>Failed: too few of the judge's votes before the start could be read.</summary>
    public const string PreflightUnreadable = "preflight-unreadable";

    /// <summary>Succeeded, but no instruction gave a pair.</summary>
    public const string NoPairs = "no-pairs";

    /// <summary>Succeeded with what it had when a limit of its target was reached.</summary>
    public const string LimitReached = "limit-reached";

    /// <summary>Succeeded with the models before a round that made them worse.</summary>
    public const string RolledBack = "rolled-back";

    /// <summary>Failed in a round, by its items, its training or its evaluation.</summary>
    public const string RoundFailed = "round-failed";
}
