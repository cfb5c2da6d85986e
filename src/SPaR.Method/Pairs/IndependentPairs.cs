using SPaR.Method.Items;
using SPaR.Method.Judging;

namespace SPaR.Method.Pairs;

/// <summary>The baseline without search: pairs a good sampled answer with the bad one that would have been refined.</summary>
internal static class IndependentPairs
{
    /// <returns>Null when no good answer differs from the bad one. An empty answer is never chosen, just as no refined answer is
    /// empty.</returns>
    public static Pair? Build(ItemRun item, IReadOnlyList<JudgedAnswer> judged, JudgedAnswer bad)
    {
        // The same text may be sampled twice and judged differently; that is no contrast.
        var good = judged
            .Where(j => j.Judgement.Label == Label.Good && j.Answer.Text != bad.Answer.Text && !string.IsNullOrWhiteSpace(j.Answer.Text))
            .ToList();
        return good.Count == 0
            ? null
            : PairBuilder.Pair(item, Side(item.Pick(good, "good")), Side(bad));
    }

    private static Side Side(JudgedAnswer answer)
        => new(answer.Answer.Text, answer.Subject, answer.Judgement.Value!.Value, answer.Answer.Verifier);
}
