using System.Collections.Immutable;
using SPaR.Abstractions;
using SPaR.Method.Items;
using SPaR.Method.Recipes;

namespace SPaR.Method.Judging;

/// <summary>Asks the judge for votes on one answer, in one request, or in several where it may stop early, and says what they come to:
/// counted, or weighed by <see cref="LogitVerdict"/>. Stores nothing.</summary>
internal sealed class Voting(ItemRun item)
{
    private readonly VerdictReader _reader = new(item.Recipe.Prompts.Verdict);
    private readonly LogitVerdict _logit = new(item);
    private readonly VerifierOverride _overruling = new(item);
    private readonly string _promptHash = PromptHash.Of(item.Recipe.Prompts);

    private JudgeOptions Options => item.Recipe.Judge;

    /// <summary>A mending continues the judge's conversation only where the refiner judges.</summary>
    private bool MayMend => item.Recipe.Pair.Source != PairSource.Independent && item.Models.Judge.File == item.Models.Refiner.File;

    /// <param name="subject"><c>a2</c> or <c>r.0.1</c>.</param>
    /// <param name="seed">The seed of a vote by its index.</param>
    /// <param name="inTree">Every vote is asked, and the judgement is held for a mending whatever it says.</param>
    /// <exception cref="PromptTooLongException">The judge's prompt does not fit the context beside a vote.</exception>
    public async Task<(Judgement Judgement, TokenUsage Usage)> AskAsync(
        string subject, int attempt, string answer, Func<int, ulong> seed, string purpose, bool inTree, CancellationToken cancellationToken)
    {
        var (votes, trunks, usage) = (new List<Vote>(), new List<(IPrefixLease Trunk, int First)>(), default(TokenUsage));
        var conversation = JudgePrompt.Conversation(item.Recipe.Prompts, item.Prompt, answer);
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
                    new Vote(_reader.Read(s.Text), s.Text, s.Tokens, s.Finish == FinishReason.Length, seed(votes.Count + i))).ToArray());
            }

            var judged = _overruling.Apply(conversation, answer, await CountAsync(conversation, votes, purpose, cancellationToken));
            if (MayMend && judged.Tally.Critique is { } critique && (inTree || judged.Tally.Label == Label.Bad)
                && !judged.Votes[critique].ByVerifier)
            {
                KeepPrefix(subject, trunks, critique);
            }

            return (Judgement(subject, attempt, judged), usage + judged.Usage);
        }
        finally
        {
            foreach (var (prefix, _) in trunks)
                prefix.Dispose();
        }
    }

    private int More(List<Vote> votes, bool inTree) => Options.EarlyStop && !inTree
        ? VoteTally.Missing([.. votes.Select(v => v.Verdict)], Options.Critiques)
        : Options.Critiques - votes.Count;

    private Task<GenerationResult> GenerateAsync(
        Conversation conversation, ImmutableArray<ulong> seeds, string purpose, CancellationToken cancellationToken) =>
        item.Models.Judge.GenerateAsync(
            // What weighs the verdict continues the critique, too.
            item.Request(conversation, Options.ToSampling(), seeds, purpose, retain: MayMend || Options.Judging == JudgingMode.Logit),
            cancellationToken);

    private async Task<TalliedVotes> CountAsync(
        Conversation conversation, List<Vote> votes, string purpose, CancellationToken cancellationToken) => Options.Judging switch
        {
            JudgingMode.Logit => await _logit.WeighAsync(conversation, votes[0], purpose, cancellationToken),
            _ => new(VoteTally.Of([.. votes.Select(v => v.Verdict)]), [.. votes], default),
        };

    /// <summary>Keeps the vote that a mending would continue.</summary>
    private void KeepPrefix(string subject, List<(IPrefixLease Trunk, int First)> trunks, int critique)
    {
        var at = trunks.FindLastIndex(t => t.First <= critique);
        if (at < 0)
            return;
        trunks[at].Trunk.Keep(critique - trunks[at].First);
        item.Prefixes.Keep(subject, trunks[at].Trunk);
        trunks.RemoveAt(at);
    }

    private Judgement Judgement(string subject, int attempt, TalliedVotes judged) => new()
    {
        RunId = item.Key.RunId,
        Round = item.Key.Round,
        InstructionId = item.Key.InstructionId,
        Subject = subject,
        Attempt = attempt,
        Votes = judged.Votes,
        Label = judged.Tally.Label,
        Value = judged.Tally.Value,
        Critique = judged.Tally.Critique,
        VotedLabel = judged.OwnTally?.Label,
        VotedValue = judged.OwnTally?.Value,
        ModelHash = item.Models.Judge.File.Hash,
        PromptHash = _promptHash,
    };
}

/// <summary>What an asking comes to.</summary>
/// <param name="Votes">As they are stored.</param>
/// <param name="Usage">Of what was asked beyond the votes.</param>
/// <param name="OwnTally">What the votes alone come to, where their word does not count; otherwise null.</param>
internal readonly record struct TalliedVotes(VoteTally Tally, ImmutableArray<Vote> Votes, TokenUsage Usage, VoteTally? OwnTally = null);
