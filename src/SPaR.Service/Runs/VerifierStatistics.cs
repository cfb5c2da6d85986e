using SPaR.Method.Input;
using SPaR.Method.Items;

namespace SPaR.Service.Runs;

/// <summary>What the verifier says of a run: how often its answers follow all constraints of their instruction, strictly, and how often its
/// judge agrees. Answers to instructions without constraints do not count.</summary>
/// <param name="Sampled">Of the sampled answers.</param>
/// <param name="Chosen">Of the better sides of the pairs.</param>
/// <param name="Rejected">Of the worse sides.</param>
internal sealed record VerifierStatistics(FollowedCount Sampled, FollowedCount Chosen, FollowedCount Rejected, JudgeAgreement Judge)
{
    public const string OfSampled = "sampled", OfChosen = "chosen", OfRejected = "rejected";

    public static VerifierStatistics Of(IReadOnlyCollection<VerifiedGroup> groups) =>
        new(Followed(groups, OfSampled), Followed(groups, OfChosen), Followed(groups, OfRejected), JudgeAgreement.Of(groups));

    private static FollowedCount Followed(IReadOnlyCollection<VerifiedGroup> groups, string of)
    {
        var count = groups.Where(g => g.Of == of).Sum(g => g.Count);
        var all = groups.Where(g => g.Of == of && g.Followed).Sum(g => g.Count);
        return new(count, all, count == 0 ? null : (double)all / count);
    }
}

/// <param name="Count">Answers that were verified.</param>
/// <param name="All">Those that follow all constraints.</param>
/// <param name="Share">In [0, 1]; null without answers.</param>
internal sealed record FollowedCount(int Count, int All, double? Share);

/// <summary>The judge's own label, even where the verifier overrode it, against the verifier's verdict, over all that was judged: sampled
/// answers and nodes. An answer that follows its constraints may be bad for another reason; one that violates them is never good.</summary>
/// <param name="Undecided">Where the votes tied or could not be read; counted as wrong.</param>
/// <param name="Accuracy">The share of good answers that follow and bad ones that violate; null where nothing was judged.</param>
internal sealed record JudgeAgreement(
    int GoodFollowed, int GoodViolated, int BadFollowed, int BadViolated, int Undecided, double? Accuracy)
{
    public static JudgeAgreement Of(IReadOnlyCollection<VerifiedGroup> groups)
    {
        var (good, bad) = (EnumName.Of(Label.Good), EnumName.Of(Label.Bad));
        string[] open = [EnumName.Of(Label.Tie), EnumName.Of(Label.Unreadable)];
        var undecided = groups.Where(g => open.Contains(g.Of)).Sum(g => g.Count);
        var right = Count(good, true) + Count(bad, false);
        var all = right + Count(good, false) + Count(bad, true) + undecided;
        return new(
            Count(good, true), Count(good, false), Count(bad, true), Count(bad, false), undecided, all == 0 ? null : (double)right / all);

        int Count(string label, bool followed) => groups.Where(g => g.Of == label && g.Followed == followed).Sum(g => g.Count);
    }
}

/// <summary>So many answers of a round that a program verified.</summary>
/// <param name="Of"><c>sampled</c>, <c>chosen</c> or <c>rejected</c>; for what was judged the judge's own label.</param>
/// <param name="Followed">They follow all constraints, strictly.</param>
internal sealed record VerifiedGroup(string RunId, int Round, string Of, bool Followed, int Count);
