using SPaR.Method.Items;
using SPaR.Method.Recipes;

namespace SPaR.Method.Pairs;

/// <summary>Decides, pair by pair, which pairs of a round are trained on. Call it in the order of the instructions: a duplicate is one of
/// an earlier pair that passed.</summary>
/// <param name="benchmark">The texts of the benchmark items that <see cref="PairFilterOptions.Contamination"/> names.</param>
internal sealed class PairFilters(PairFilterOptions options, IEnumerable<string> benchmark)
{
    private readonly Contamination _contamination = new(benchmark);
    private readonly NearDuplicates _duplicates = new(options.Duplicates is DuplicateFilter.Near ? options.DuplicateSimilarity : 1);

    /// <returns>The filters that the options set, in the order in which they are applied.</returns>
    public static IEnumerable<PairFilter> Active(PairFilterOptions options) => new (PairFilter Filter, bool IsSet)[]
    {
        (PairFilter.MinValue, options.MinValue is not null),
        (PairFilter.MinSimilarity, options.MinSimilarity is not null),
        (PairFilter.MaxLengthChange, options.MaxLengthChange is not null),
        (PairFilter.Verifier, options.Verifier is VerifierFilter.Agree),
        (PairFilter.Contamination, options.Contamination is not null),
        (PairFilter.Duplicates, options.Duplicates is not DuplicateFilter.None),
        (PairFilter.Human, options.Human is not HumanFilter.Any),
    }.Where(f => f.IsSet).Select(f => f.Filter);

    /// <param name="pair">With the chosen answer as a person edited it.</param>
    /// <param name="prompt">The instruction's conversation as one text.</param>
    /// <param name="human">What a person said of it; null if nobody did.</param>
    /// <returns>The first filter that leaves the pair out; null if it passes.</returns>
    public PairFilter? Of(Pair pair, string prompt, HumanVerdict? human = null)
    {
        if (pair.ChosenValue < options.MinValue)
            return PairFilter.MinValue;
        if (pair.Similarity < options.MinSimilarity)
            return PairFilter.MinSimilarity;
        if (LengthChange(pair) > options.MaxLengthChange)
            return PairFilter.MaxLengthChange;
        if (options.Verifier is VerifierFilter.Agree && Contradicts(pair))
            return PairFilter.Verifier;
        if (options.Contamination is not null && _contamination.Has(prompt))
            return PairFilter.Contamination;
        if (options.Duplicates is not DuplicateFilter.None && !_duplicates.TryAdd(string.Join('\n', prompt, pair.Chosen, pair.Rejected)))
            return PairFilter.Duplicates;
        return Passes(options.Human, human) ? null : PairFilter.Human;
    }

    /// <summary>Whether a pair passes by what a person said of it.</summary>
    public static bool Passes(HumanFilter filter, HumanVerdict? human) => filter switch
    {
        HumanFilter.Accepted => human is HumanVerdict.Accept or HumanVerdict.Edit,
        HumanFilter.NotRejected => human is not HumanVerdict.Reject,
        _ => true,
    };

    private static double LengthChange(Pair pair) =>
        Math.Abs(pair.Chosen.Length - pair.Rejected.Length) / (double)Math.Max(1, pair.Rejected.Length);

    private static bool Contradicts(Pair pair) =>
        pair is { ChosenVerifier: { } chosen, RejectedVerifier: { } rejected } && (!chosen.AllStrict || rejected.AllStrict);
}
