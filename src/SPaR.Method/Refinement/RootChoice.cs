using SPaR.Method.Items;
using SPaR.Method.Judging;

namespace SPaR.Method.Refinement;

/// <summary>Chooses the bad answer to refine: one at random, by the seed of the item.</summary>
internal static class RootChoice
{
    /// <returns>Null when no answer was judged bad.</returns>
    public static JudgedAnswer? Choose(ItemRun item, IReadOnlyList<JudgedAnswer> judged)
    {
        var bad = judged.Where(j => j.Judgement.Label == Label.Bad).ToList();
        return bad.Count == 0 ? null : item.Pick(bad, "root");
    }
}
