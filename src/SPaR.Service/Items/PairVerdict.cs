using SPaR.Method.Items;

namespace SPaR.Service.Items;

/// <summary>What a person said of a pair. Kept apart from what the models made; deleting the pair deletes it.</summary>
public sealed class PairVerdict : IItemRow
{
    public required string RunId { get; init; }

    public required int Round { get; init; }

    public required string InstructionId { get; init; }

    public required HumanVerdict Verdict { get; init; }

    /// <summary>The chosen answer as the person wrote it; null unless the verdict is an edit.</summary>
    public string? Chosen { get; init; }

    /// <summary>Which constraints that answer follows; null without one, or if none can be checked.</summary>
    public Verification? ChosenVerifier { get; init; }

    public string? Note { get; init; }

    /// <summary>The key that it was given with; null if the service was open.</summary>
    public string? KeyId { get; init; }

    /// <summary>The key's name at that time.</summary>
    public required string KeyName { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary><c>vrd_…</c>, another one with every change.</summary>
    public required string Revision { get; init; }
}

/// <param name="Verdict">What the person said.</param>
/// <param name="Chosen">The edited answer; null unless the verdict is <c>edit</c>.</param>
/// <param name="ChosenVerifier">Which constraints the edited answer follows; null if none can be checked.</param>
/// <param name="Key">The id of the key that it was given with; null if the service was open.</param>
/// <param name="By">The name of that key.</param>
internal sealed record GivenVerdictView(
    HumanVerdict Verdict, string? Chosen, Verification? ChosenVerifier, string? Note, string? Key, string By, DateTimeOffset At)
{
    public static GivenVerdictView Of(PairVerdict v) => new(v.Verdict, v.Chosen, v.ChosenVerifier, v.Note, v.KeyId, v.KeyName, v.At);
}

internal static class JudgedPair
{
    /// <returns>The pair with the chosen answer that a person wrote, if one did. Its value and its similarity stay those of the model's
    /// answer.</returns>
    public static Pair As(this Pair pair, PairVerdict? human) => human?.Chosen is { } chosen
        ? pair with { Chosen = chosen, ChosenVerifier = human.ChosenVerifier }
        : pair;
}
