using SPaR.Method.Items;
using SPaR.Method.Judging;

namespace SPaR.Method.Pairs;

/// <summary>The baseline without search: a good sampled answer over the bad one that would have been mended.</summary>
internal static class IndependentPairs
{
    /// <returns>Null when no good answer differs from the bad one. One that says nothing is never chosen, as no mended answer is
    /// empty.</returns>
    public static Pair? Build(ItemRun item, IReadOnlyList<JudgedAnswer> judged, JudgedAnswer bad)
    {
        // The same text may have been sampled twice and judged differently; that is no contrast.
        var good = judged
            .Where(j => j.Judgement.Label == Label.Good && j.Answer.Text != bad.Answer.Text && !string.IsNullOrWhiteSpace(j.Answer.Text))
            .ToList();
        return good.Count == 0
            ? null
            : PairBuilder.Pair(item, Side(good[(int)(item.Seed("good") % (ulong)good.Count)]), Side(bad));
    }

    private static Side Side(JudgedAnswer answer)
        => new(answer.Answer.Text, answer.Subject, answer.Judgement.Value!.Value, answer.Answer.Verifier);
}
