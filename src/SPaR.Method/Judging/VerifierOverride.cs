using SPaR.Method.Items;
using SPaR.Method.Recipes;

namespace SPaR.Method.Judging;

/// <summary>Where a program finds that an answer violates a constraint, the answer is bad and its value is 0, whatever the votes say
/// (<see cref="JudgingMode.VotesAndVerifier"/>). Asks no model and stores nothing.</summary>
/// <remarks>The critique must fit the label, because a refinement continues it: it is the first vote that says no. If none does, the
/// verifier writes one, with the verdict in the prompt set's form.</remarks>
internal sealed class VerifierOverride(ItemRun item)
{
    /// <returns>The judgement itself where the votes decide.</returns>
    public Judgement Override(Judgement judgement, Conversation conversation, string answer)
    {
        if (item.Recipe.Judge.Judging != JudgingMode.VotesAndVerifier
            || item.Verifier is not { } verifier || verifier.Check(answer).AllStrict)
            return judgement;
        var votes = judgement.Votes;
        if (votes.All(v => v.Verdict != Verdict.No))
            votes = votes.Add(Written(conversation, verifier.Critique(answer)));
        return judgement with
        {
            Votes = votes,
            Label = Label.Bad,
            Value = 0,
            Critique = votes.TakeWhile(v => v.Verdict != Verdict.No).Count(),
            VotedLabel = judgement.Label,
            VotedValue = judgement.Value,
        };
    }

    private Vote Written(Conversation conversation, string critique)
    {
        var text = WithVerdict(critique, item.Recipe.Prompts.Verdict);
        var tokens = item.Models.Judge.EncodeAnswer(conversation, text).Content;
        return new(Verdict.No, text, tokens, Truncated: false, Seed: 0) { ByVerifier = true };
    }

    /// <summary>Puts the verdict no where <see cref="VerdictReader"/> looks for it.</summary>
    internal static string WithVerdict(string critique, VerdictFormat format) => format switch
    {
        { Marker: { } marker } => $"{critique}\n{marker}{(char.IsLetterOrDigit(marker[^1]) ? ":" : "")} {format.No[0]}",
        { Take: "first" } => $"{format.No[0]}. {critique}",
        _ => $"{critique} {format.No[0]}",
    };
}
