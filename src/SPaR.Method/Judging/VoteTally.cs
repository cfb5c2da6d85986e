using SPaR.Method.Items;

namespace SPaR.Method.Judging;

/// <summary>What k votes, or the probability of yes after one critique, add up to.</summary>
/// <param name="Value">yes / (yes + no); null when no vote was readable.</param>
/// <param name="Critique">Index of the first vote that agrees with the label; null unless the label is good or bad.</param>
internal readonly record struct VoteTally(Label Label, double? Value, int? Critique)
{
    public static VoteTally Of(IReadOnlyList<Verdict> votes)
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

    /// <param name="yes">Probability of yes after the only critique; null when that has no readable verdict.</param>
    public static VoteTally OfProbability(double? yes) => yes switch
    {
        null => new(Label.Unreadable, null, null),
        > 0.5 => new(Label.Good, yes, 0),
        < 0.5 => new(Label.Bad, yes, 0),
        _ => new(Label.Tie, yes, null),
    };

    /// <summary>The fewest further votes that could decide the majority; 0 when the votes left cannot change it.</summary>
    /// <param name="all">How many votes there may be in all.</param>
    public static int Missing(IReadOnlyList<Verdict> votes, int all)
    {
        var left = all - votes.Count;
        var lead = Math.Abs(votes.Count(v => v == Verdict.Yes) - votes.Count(v => v == Verdict.No));
        return left == 0 || lead > left ? 0 : ((left - lead) / 2) + 1;
    }
}
