using System.Collections.Immutable;
using SPaR.Abstractions;
using SPaR.Method.Items;

namespace SPaR.Method.Judging;

/// <summary>Weighs the verdict of one critique: instead of the word that was drawn, what counts is how likely each verdict was at its
/// place. P(yes) = exp(a) / (exp(a) + exp(b)), where a and b are the log-probabilities of the verdict words behind the critique; of
/// several spellings of a verdict the probabilities are added. Stores nothing.</summary>
internal sealed class LogitVerdict(ItemRun item)
{
    private readonly VerdictReader _reader = new(item.Recipe.Prompts.Verdict);
    private readonly ImmutableArray<string> _yes = Spellings(item.Recipe.Prompts.Verdict.Yes);
    private readonly ImmutableArray<string> _no = Spellings(item.Recipe.Prompts.Verdict.No);

    /// <returns>The critique with the more likely verdict, so that critique and label say the same: a mending continues the one because of
    /// the other, and the refiner learns from both.</returns>
    /// <exception cref="PromptTooLongException">The critique fits the context, and with one of the verdicts it does not.</exception>
    public async Task<TalliedVotes> WeighAsync(Conversation conversation, Vote vote, string purpose, CancellationToken cancellationToken)
    {
        if (_reader.Find(vote.Text) is not { } found)
            return new(VoteTally.OfProbability(null), [vote], default);
        var partial = vote.Text[..found.At];
        var result = await item.Models.Judge.ScoreAsync(
            item.Scoring(conversation, partial, [.. _yes, .. _no], purpose), cancellationToken);
        double[] logs = [.. result.Scores.Select(s => s.LogProbability)];
        var (ofYes, ofNo) = (logs[.._yes.Length], logs[_yes.Length..]);
        var count = VoteTally.OfProbability(ShareOfYes(ofYes, ofNo));
        var (likely, words, from) = count.Label == Label.Good ? (Verdict.Yes, _yes, ofYes) : (Verdict.No, _no, ofNo);
        if (count.Critique is null || likely == found.Verdict)
            return new(count, [vote], result.Usage);
        var text = partial + words[Array.IndexOf(from, from.Max())];
        var tokens = item.Models.Judge.EncodeAnswer(conversation, text).Content;
        return new(count, [vote with { Verdict = likely, Text = text, Tokens = tokens }], result.Usage);
    }

    /// <param name="yes">Log-probabilities of its spellings.</param>
    /// <param name="no">Likewise.</param>
    /// <returns>Null where none of them can be said.</returns>
    internal static double? ShareOfYes(IReadOnlyCollection<double> yes, IReadOnlyCollection<double> no)
    {
        // By their difference: what both have lost before is no matter, and nothing underflows.
        var share = 1 / (1 + Math.Exp(LogOfSum(no) - LogOfSum(yes)));
        return double.IsNaN(share) ? null : share;
    }

    private static double LogOfSum(IReadOnlyCollection<double> logs)
    {
        var greatest = logs.Max();
        return double.IsNegativeInfinity(greatest) ? greatest : greatest + Math.Log(logs.Sum(l => Math.Exp(l - greatest)));
    }

    /// <summary>The probability of a word counts whatever begins with it.</summary>
    private static ImmutableArray<string> Spellings(ImmutableArray<string> words) =>
        [.. words.Distinct().Where(w => !words.Any(o => o != w && w.StartsWith(o, StringComparison.Ordinal)))];
}
