using System.Collections.Immutable;
using SPaR.Method.Items;

namespace SPaR.Method.Judging;

/// <summary>Weighs the verdict of one critique: what counts is how likely each verdict was at its place, not which one was drawn.
/// P(yes) = exp(a) / (exp(a) + exp(b)), where a and b are the log-probabilities of the verdict words after the critique. If a verdict
/// has several spellings, their probabilities are added. Stores nothing.</summary>
internal sealed class LogitVerdict(ItemRun item)
{
    private readonly VerdictReader _reader = new(item.Recipe.Prompts.Verdict);
    private readonly ImmutableArray<string> _yes = Spellings(item.Recipe.Prompts.Verdict.Yes);
    private readonly ImmutableArray<string> _no = Spellings(item.Recipe.Prompts.Verdict.No);

    /// <param name="before">What the judge generated before the vote's text: its reasoning.</param>
    /// <returns>The vote ends in the more likely verdict, so that critique and label agree: a refinement continues the critique because
    /// of the label, and the refiner learns from both.</returns>
    /// <exception cref="PromptTooLongException">The critique fits the context, but not with one of the verdicts.</exception>
    public async Task<(VoteTally Tally, Vote Vote, TokenUsage Usage)> WeighAsync(
        Conversation conversation, string before, Vote vote, string purpose, CancellationToken cancellationToken)
    {
        if (_reader.Find(vote.Text) is not { } found)
            return (VoteTally.OfProbability(null), vote, default);
        var partial = vote.Text[..found.At];
        var result = await item.Models.Judge.ScoreAsync(
            item.Scoring(conversation, before + partial, [.. _yes, .. _no], purpose), cancellationToken);
        double[] logs = [.. result.Scores.Select(s => s.LogProbability)];
        var (ofYes, ofNo) = (logs[.._yes.Length], logs[_yes.Length..]);
        var tally = VoteTally.OfProbability(ProbabilityOfYes(ofYes, ofNo));
        var (likely, words, scores) = tally.Label == Label.Good ? (Verdict.Yes, _yes, ofYes) : (Verdict.No, _no, ofNo);
        if (tally.Critique is null || likely == found.Verdict)
            return (tally, vote, result.Usage);
        var text = partial + words[Array.IndexOf(scores, scores.Max())];
        var tokens = item.Models.Judge.EncodeAnswer(conversation, text).Content;
        return (tally, vote with { Verdict = likely, Text = text, Tokens = tokens }, result.Usage);
    }

    /// <param name="yes">Log-probabilities of the spellings of yes.</param>
    /// <param name="no">Log-probabilities of the spellings of no.</param>
    /// <returns>Null where all of them are impossible.</returns>
    internal static double? ProbabilityOfYes(IReadOnlyCollection<double> yes, IReadOnlyCollection<double> no)
    {
        // From the difference: what both have in common cancels out, and nothing underflows.
        var probability = 1 / (1 + Math.Exp(LogSumExp(no) - LogSumExp(yes)));
        return double.IsNaN(probability) ? null : probability;
    }

    private static double LogSumExp(IReadOnlyCollection<double> logs)
    {
        var max = logs.Max();
        return double.IsNegativeInfinity(max) ? max : max + Math.Log(logs.Sum(l => Math.Exp(l - max)));
    }

    /// <summary>Leaves out words that start with another one: the probability of the shorter word includes theirs.</summary>
    private static ImmutableArray<string> Spellings(ImmutableArray<string> words) =>
        [.. words.Distinct().Where(w => !words.Any(o => o != w && w.StartsWith(o, StringComparison.Ordinal)))];
}
