using SPaR.Abstractions;
using SPaR.Method.Items;
using SPaR.Method.Recipes;

namespace SPaR.Method.Judging;

/// <summary>Where a program finds that an answer violates a constraint, the answer is bad and worth 0 whatever the votes say
/// (<see cref="JudgingMode.VotesAndVerifier"/>). Asks nobody and stores nothing.</summary>
/// <remarks>The critique fits the label, as a mending continues it: it is the first vote that says no, and where none does, one that the
/// verifier writes, with the verdict as the prompt set wants it.</remarks>
internal sealed class VerifierOverride(ItemRun item)
{
    public TalliedVotes Apply(Conversation conversation, string answer, TalliedVotes voted)
    {
        if (item.Recipe.Judge.Judging != JudgingMode.VotesAndVerifier
            || item.Verifier is not { } verifier || verifier.Check(answer).AllStrict)
            return voted;
        var votes = voted.Votes;
        if (votes.All(v => v.Verdict != Verdict.No))
            votes = votes.Add(Written(conversation, verifier.Critique(answer)));
        var critique = votes.TakeWhile(v => v.Verdict != Verdict.No).Count();
        return voted with { Tally = new(Label.Bad, 0, critique), Votes = votes, OwnTally = voted.Tally };
    }

    private Vote Written(Conversation conversation, string critique)
    {
        var text = WithVerdict(critique, item.Recipe.Prompts.Verdict);
        var tokens = item.Models.Judge.EncodeAnswer(conversation, text).Content;
        return new(Verdict.No, text, tokens, Truncated: false, Seed: 0) { ByVerifier = true };
    }

    /// <summary>The verdict no, where <see cref="VerdictReader"/> looks for it.</summary>
    internal static string WithVerdict(string critique, VerdictFormat format) => format switch
    {
        { Marker: { } marker } => $"{critique}\n{marker}{(char.IsLetterOrDigit(marker[^1]) ? ":" : "")} {format.No[0]}",
        { Take: "first" } => $"{format.No[0]}. {critique}",
        _ => $"{critique} {format.No[0]}",
    };
}
