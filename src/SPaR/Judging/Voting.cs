using System.Collections.Immutable;
using SPaR.Abstractions;
using SPaR.Pairs;
using SPaR.Runs;

namespace SPaR.Judging;

/// <summary>Asks the judge for votes on one answer, in one request, or in several where it may stop early, and says what they come to:
/// counted, or weighed by <see cref="LogitVerdict"/>. Stores nothing.</summary>
internal sealed class Voting(Walk walk)
{
    private readonly VerdictReader reader = new(walk.Recipe.Prompts.Verdict);
    private readonly LogitVerdict logit = new(walk);
    private readonly Overruling overruling = new(walk);
    private readonly string promptHash = PromptHash.Of(walk.Recipe.Prompts);

    private JudgeOptions Options => walk.Recipe.Judge;

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
        var conversation = JudgePrompt.Conversation(walk.Recipe.Prompts, walk.Prompt, answer);
        try
        {
            for (var more = More(votes, inTree); more > 0; more = More(votes, inTree))
            {
                var result = await GenerateAsync(
                    conversation, [.. Enumerable.Range(votes.Count, more).Select(seed)], purpose, cancellationToken);
                if (result.Trunk is not null)
                    trunks.Add((result.Trunk, votes.Count));
                usage += result.Usage;
                votes.AddRange(result.Samples.Select((s, i) =>
                    new Vote(reader.Read(s.Text), s.Text, s.Tokens, s.Finish == FinishReason.Length, seed(votes.Count + i))).ToArray());
            }

            var judged = overruling.Apply(conversation, answer, await CountAsync(conversation, votes, purpose, cancellationToken));
            if (MayMend && judged.Count.Critique is { } critique && (inTree || judged.Count.Label == Label.Bad)
                && !judged.Votes[critique].ByVerifier)
            {
                Hold(subject, trunks, critique);
            }

            return (Judgement(subject, attempt, judged), usage + judged.Usage);
        }
        finally
        {
            foreach (var (trunk, _) in trunks)
                trunk.Dispose();
        }
    }

    private int More(List<Vote> votes, bool inTree) => Options.EarlyStop && !inTree
        ? VoteCount.Missing([.. votes.Select(v => v.Verdict)], Options.Critiques)
        : Options.Critiques - votes.Count;

    private Task<GenerationResult> GenerateAsync(
        Conversation conversation, ImmutableArray<ulong> seeds, string purpose, CancellationToken cancellationToken) =>
        walk.Players.Judge.GenerateAsync(
            // What weighs the verdict continues the critique, too.
            walk.Request(conversation, Options.ToSampling(), seeds, purpose, retain: MayMend || Options.Judging == JudgingMode.Logit),
            cancellationToken);

    private async Task<JudgedVotes> CountAsync(
        Conversation conversation, List<Vote> votes, string purpose, CancellationToken cancellationToken) => Options.Judging switch
        {
            JudgingMode.Logit => await logit.WeighAsync(conversation, votes[0], purpose, cancellationToken),
            _ => new(VoteCount.Of([.. votes.Select(v => v.Verdict)]), [.. votes], default),
        };

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

    private Judgement Judgement(string subject, int attempt, JudgedVotes judged) => new()
    {
        RunId = walk.Key.RunId,
        Round = walk.Key.Round,
        InstructionId = walk.Key.InstructionId,
        Subject = subject,
        Attempt = attempt,
        Votes = judged.Votes,
        Label = judged.Count.Label,
        Value = judged.Count.Value,
        Critique = judged.Count.Critique,
        VotedLabel = judged.Voted?.Label,
        VotedValue = judged.Voted?.Value,
        ModelHash = walk.Players.Judge.File.Hash,
        PromptHash = promptHash,
    };
}

/// <summary>What an asking comes to.</summary>
/// <param name="Votes">As they are stored.</param>
/// <param name="Usage">Of what was asked beyond the votes.</param>
/// <param name="Voted">What the votes alone come to, where their word does not count; otherwise null.</param>
internal readonly record struct JudgedVotes(VoteCount Count, ImmutableArray<Vote> Votes, TokenUsage Usage, VoteCount? Voted = null);
