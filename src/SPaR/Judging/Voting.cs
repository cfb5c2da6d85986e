using System.Collections.Immutable;
using SPaR.Abstractions;
using SPaR.Pairs;
using SPaR.Runs;

namespace SPaR.Judging;

/// <summary>Asks the judge for k votes on one answer and counts them: in one request, or in several where it may stop early. Stores
/// nothing.</summary>
internal sealed class Voting(Walk walk)
{
    private readonly VerdictReader reader = new(walk.Recipe.Prompts.Verdict);
    private readonly string promptHash = PromptHash.Of(walk.Recipe.Prompts);

    /// <summary>A mending continues the judge's conversation only where the refiner judges.</summary>
    private bool MayMend => walk.Recipe.Pair.Source != PairSource.Independent && walk.Players.Judge.File == walk.Players.Refiner.File;

    /// <param name="subject"><c>a2</c> or <c>r.0.1</c>.</param>
    /// <param name="seed">The seed of a vote by its index.</param>
    /// <param name="inTree">Every vote is asked, and the judgement is held for a mending whatever it says.</param>
    /// <exception cref="PromptTooLongException">The judge's prompt does not fit the context beside a vote.</exception>
    public async Task<(Judgement Judgement, TokenUsage Usage)> AskAsync(
        string subject, int attempt, string answer, Func<int, ulong> seed, string purpose, bool inTree, CancellationToken cancellationToken)
    {
        var (votes, trunks, usage) = (new List<Vote>(), new List<(ITrunk Trunk, int First)>(), default(TokenUsage));
        try
        {
            for (var more = More(votes, inTree); more > 0; more = More(votes, inTree))
            {
                var result = await GenerateAsync(answer, [.. Enumerable.Range(votes.Count, more).Select(seed)], purpose, cancellationToken);
                if (result.Trunk is not null)
                    trunks.Add((result.Trunk, votes.Count));
                usage += result.Usage;
                votes.AddRange(result.Samples.Select((s, i) =>
                    new Vote(reader.Read(s.Text), s.Text, s.Tokens, s.Finish == FinishReason.Length, seed(votes.Count + i))).ToArray());
            }

            var judgement = Judgement(subject, attempt, votes);
            if (judgement.Critique is { } critique && (inTree || judgement.Label == Label.Bad))
                Hold(subject, trunks, critique);
            return (judgement, usage);
        }
        finally
        {
            foreach (var (trunk, _) in trunks)
                trunk.Dispose();
        }
    }

    private int More(List<Vote> votes, bool inTree) => walk.Recipe.Judge is { EarlyStop: true } judge && !inTree
        ? VoteCount.Missing([.. votes.Select(v => v.Verdict)], judge.Votes)
        : walk.Recipe.Judge.Votes - votes.Count;

    private Task<GenerationResult> GenerateAsync(
        string answer, ImmutableArray<ulong> seeds, string purpose, CancellationToken cancellationToken) =>
        walk.Players.Judge.GenerateAsync(
            walk.Request(
                JudgePrompt.Conversation(walk.Recipe.Prompts, walk.Prompt, answer), walk.Recipe.Judge.ToSampling(), seeds, purpose,
                retain: MayMend),
            cancellationToken);

    /// <summary>Keeps the vote that a mending would continue.</summary>
    private void Hold(string subject, List<(ITrunk Trunk, int First)> trunks, int critique)
    {
        var at = trunks.FindLastIndex(t => t.First <= critique);
        if (at < 0)
            return;
        trunks[at].Trunk.Keep(critique - trunks[at].First);
        walk.Trunks.Hold(subject, trunks[at].Trunk);
        trunks.RemoveAt(at);
    }

    private Judgement Judgement(string subject, int attempt, List<Vote> votes)
    {
        var count = VoteCount.Of([.. votes.Select(v => v.Verdict)]);
        return new()
        {
            RunId = walk.Key.RunId,
            Round = walk.Key.Round,
            InstructionId = walk.Key.InstructionId,
            Subject = subject,
            Attempt = attempt,
            Votes = [.. votes],
            Label = count.Label,
            Value = count.Value,
            Critique = count.Critique,
            ModelHash = walk.Players.Judge.File.Hash,
            PromptHash = promptHash,
        };
    }
}
