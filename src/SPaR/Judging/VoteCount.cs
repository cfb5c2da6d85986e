namespace SPaR.Judging;

/// <summary>What k votes come to.</summary>
/// <param name="Value">yes / (yes + no); null when no vote was readable.</param>
/// <param name="Critique">Index of the first vote that agrees with the majority; null without a majority.</param>
internal readonly record struct VoteCount(Label Label, double? Value, int? Critique)
{
    public static VoteCount Of(IReadOnlyList<Verdict> votes)
    {
        var yes = votes.Count(v => v == Verdict.Yes);
        var no = votes.Count(v => v == Verdict.No);
        if (yes + no == 0)
            return new(Label.Unreadable, null, null);
        var value = (double)yes / (yes + no);
        if (yes == no)
            return new(Label.Tie, value, null);
        var majority = yes > no ? Verdict.Yes : Verdict.No;
        var critique = votes.TakeWhile(v => v != majority).Count();
        return new(yes > no ? Label.Good : Label.Bad, value, critique);
    }

    /// <summary>How many more votes could make the majority certain, at the least: 0 when those that are left cannot change it.</summary>
    /// <param name="all">How many there are to be.</param>
    public static int Missing(IReadOnlyList<Verdict> votes, int all)
    {
        var left = all - votes.Count;
        var lead = Math.Abs(votes.Count(v => v == Verdict.Yes) - votes.Count(v => v == Verdict.No));
        return left == 0 || lead > left ? 0 : ((left - lead) / 2) + 1;
    }
}
