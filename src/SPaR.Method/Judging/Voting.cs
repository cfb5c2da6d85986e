using System.Collections.Immutable;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Method.Tracing;

namespace SPaR.Method.Judging;

/// <summary>Asks the judge for votes on one answer, in one request, or in several where it may stop early, and turns them into a
/// judgement: counted by <see cref="VoteTally"/>, or weighed by <see cref="LogitVerdict"/>. Stores nothing.</summary>
internal sealed class Voting(ItemRun item)
{
    private readonly VerdictReader _reader = new(item.Recipe.Prompts.Verdict);
    private readonly LogitVerdict _logit = new(item);
    private readonly VerifierOverride _verifier = new(item);
    private readonly string _promptHash = PromptHash.Of(item.Recipe.Prompts);

    private JudgeOptions Options => item.Recipe.Judge;

    /// <summary>A refinement continues the judge's conversation only where the refiner is the judge.</summary>
    private bool MayRefine => item.Recipe.Pair.Source != PairSource.Independent && item.Models.Judge.File == item.Models.Refiner.File;

    /// <param name="subject"><c>a2</c> or <c>r.0.1</c>.</param>
    /// <param name="seed">The seed of a vote by its index.</param>
    /// <param name="inTree">Values rank the nodes of a tree, so there every vote is asked for; and any node may be refined, so its
    /// critique stays in the KV cache whatever the label.</param>
    /// <exception cref="PromptTooLongException">The judge's prompt and a vote together do not fit the context.</exception>
    public async Task<(Judgement Judgement, TokenUsage Usage)> JudgeAsync(
        string subject, int attempt, string answer, Func<int, ulong> seed, string purpose, bool inTree, CancellationToken cancellationToken)
    {
        using var span = MethodTrace.Start("judge", subject);
        var conversation = item.Asking(JudgePrompt.Conversation(item.Recipe.Prompts, item.Prompt, answer));
        int? toRefine = null;
        try
        {
            var (votes, before, usage) = await VoteAsync(subject, conversation, seed, purpose, inTree, cancellationToken);
            var tally = VoteTally.Of([.. votes.Select(v => v.Verdict)]);
            if (Options.Judging == JudgingMode.Logit)
            {
                (tally, var weighed, var cost) = await _logit.WeighAsync(conversation, before, votes[0], purpose, cancellationToken);
                (votes, usage) = ([weighed], usage + cost);
            }

            var judgement = _verifier.Override(Judgement(subject, attempt, votes, tally), conversation, answer);
            if (MayRefine && (inTree || judgement.Label == Label.Bad))
                toRefine = judgement.Critique;
            MethodTrace.Judged(judgement);
            return (judgement, usage);
        }
        finally
        {
            item.Prefixes.KeepOnly(subject, toRefine);
        }
    }

    /// <returns>The votes, and what the judge generated before the text of the first one.</returns>
    private async Task<(ImmutableArray<Vote> Votes, string Before, TokenUsage Usage)> VoteAsync(
        string subject, Conversation conversation, Func<int, ulong> seed, string purpose, bool inTree, CancellationToken cancellationToken)
    {
        var (votes, before, usage) = (ImmutableArray<Vote>.Empty, "", default(TokenUsage));
        while (Missing(votes, inTree) is var missing and > 0)
        {
            ImmutableArray<ulong> seeds = [.. Enumerable.Range(votes.Length, missing).Select(seed)];
            // Weighing a verdict continues its critique, too.
            var retain = MayRefine || Options.Judging == JudgingMode.Logit;
            var replies = await item.GenerateAsync(
                item.Models.Judge, item.Request(conversation, Options.ToSampling(), seeds, purpose, retain), cancellationToken);
            item.Prefixes.Hold(subject, votes.Length, replies.Result);
            usage += replies.Usage;
            if (votes.IsEmpty)
                before = replies.All[0].Before;
            votes = votes.AddRange(replies.All.Select((reply, i) =>
                new Vote(_reader.Read(reply.Text), reply.Text, reply.Sample.Tokens, reply.Truncated, seeds[i])
                {
                    Reasoning = reply.Reasoning,
                }));
        }

        return (votes, before, usage);
    }

    private int Missing(ImmutableArray<Vote> votes, bool inTree) => Options.EarlyStop && !inTree
        ? VoteTally.Missing([.. votes.Select(v => v.Verdict)], Options.Critiques)
        : Options.Critiques - votes.Length;

    private Judgement Judgement(string subject, int attempt, ImmutableArray<Vote> votes, VoteTally tally) => new()
    {
        RunId = item.Key.RunId,
        Round = item.Key.Round,
        InstructionId = item.Key.InstructionId,
        Subject = subject,
        Attempt = attempt,
        Votes = votes,
        Label = tally.Label,
        Value = tally.Value,
        Critique = tally.Critique,
        ModelHash = item.Models.Judge.File.Hash,
        PromptHash = _promptHash,
    };
}
