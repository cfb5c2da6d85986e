using System.Text.Json;
using SPaR.Abstractions;
using SPaR.Judging;
using SPaR.Refinement;
using SPaR.Runs;
using SPaR.Sampling;

namespace SPaR.Tests;

/// <summary>A journal in memory that keeps its promises strictly, and can stop a walk at any write.</summary>
internal sealed class MemoryJournal : IJournal
{
    private readonly List<Answer> answers = [];
    private readonly Dictionary<(string, int), Judgement> judgements = [];
    private readonly Dictionary<string, Node> nodes = [];
    private int writing;

    public ItemRecord Found { get; private set; } = ItemRecord.Empty;

    /// <summary>How many more writes succeed.</summary>
    public int Writes { get; set; } = int.MaxValue;

    public int Written { get; private set; }

    public TokenUsage Usage { get; private set; }

    public ItemEnd? End { get; private set; }

    public IReadOnlyList<Answer> Answers => answers;

    public IEnumerable<Judgement> Judgements => judgements.Values;

    public IEnumerable<Node> Nodes => nodes.Values;

    public Node Node(string path) => nodes[path];

    /// <summary>What another walk of the same item finds.</summary>
    public MemoryJournal Reopen()
    {
        Found = new([.. answers], [.. judgements.Values], [.. nodes.Values]);
        Writes = int.MaxValue;
        return this;
    }

    public async Task SaveAsync(IReadOnlyList<IItemRow> rows, TokenUsage usage, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref writing).ShouldBe(1, "an item writes one thing at a time");
        try
        {
            await Task.Yield();
            CountWrite();
            foreach (var row in rows)
                Store(row);
            Usage += usage;
        }
        finally
        {
            Interlocked.Decrement(ref writing);
        }
    }

    public Task FinishAsync(ItemEnd end, CancellationToken cancellationToken)
    {
        CountWrite();
        End.ShouldBeNull("an item ends once");
        End = end;
        return Task.CompletedTask;
    }

    /// <summary>Everything stored, as text: two walks with the same text did the same.</summary>
    public string Print() => string.Join('\n',
    [
        .. answers.OrderBy(a => a.Index).Select(a => $"a{a.Index} {a.Text} {a.Seed} {JsonSerializer.Serialize(a.Verifier)}"),
        .. judgements.Values.OrderBy(j => j.Subject, StringComparer.Ordinal).ThenBy(j => j.Attempt).Select(j =>
            $"{j.Subject} #{j.Attempt} {j.Label} {j.Value} {j.Critique} {j.VotedLabel} {j.VotedValue} "
            + string.Join('|', j.Votes.Select(v => $"{v.Text} {v.Seed} {v.ByVerifier}"))),
        .. nodes.Values.OrderBy(n => n.Path, StringComparer.Ordinal).Select(n =>
            $"{n.Path} {n.Order} {n.Outcome} '{n.Text}' {n.Attempts} {n.Seed} {n.JudgedAs} {n.JudgedAttempt} {n.Label} {n.Value} "
            + JsonSerializer.Serialize(n.Verifier)),
        $"{End?.State} {End?.Detail}",
        .. End?.Rows.Select(row => JsonSerializer.Serialize(row, row.GetType())) ?? [],
    ]);

    private void CountWrite()
    {
        if (Writes-- == 0)
            throw new StoppedException();
        Written++;
    }

    private void Store(IItemRow row)
    {
        switch (row)
        {
            case Answer answer:
                answers.ShouldAllBe(a => a.Index != answer.Index, "an answer is written once");
                answers.Add(answer);
                break;
            case Judgement judgement:
                judgements.TryAdd((judgement.Subject, judgement.Attempt), judgement).ShouldBeTrue("a judgement is written once");
                break;
            case Node node:
                if (nodes.TryGetValue(node.Path, out var before))
                    before.Outcome.ShouldBe(NodeOutcome.Refined, "only a node that waits for its judgement is replaced");
                nodes[node.Path] = node;
                break;
            default:
                throw new InvalidOperationException($"A step wrote a {row.GetType().Name}; only the end of an item does.");
        }
    }
}

/// <summary>The process died here.</summary>
internal sealed class StoppedException : Exception;
