using System.Text.Json;
using SPaR.Abstractions;
using SPaR.Method.Items;

namespace SPaR.Tests;

/// <summary>A journal in memory that keeps its promises strictly, and can stop a walk at any write.</summary>
internal sealed class MemoryJournal : IJournal
{
    private readonly List<Answer> _answers = [];
    private readonly Dictionary<(string, int), Judgement> _judgements = [];
    private readonly Dictionary<string, Node> _nodes = [];
    private int _writing;

    public ItemRecord Found { get; private set; } = ItemRecord.Empty;

    /// <summary>How many more writes succeed.</summary>
    public int Writes { get; set; } = int.MaxValue;

    public int Written { get; private set; }

    public TokenUsage Usage { get; private set; }

    public ItemEnd? End { get; private set; }

    public IReadOnlyList<Answer> Answers => _answers;

    public IEnumerable<Judgement> Judgements => _judgements.Values;

    public IEnumerable<Node> Nodes => _nodes.Values;

    public Node Node(string path) => _nodes[path];

    /// <summary>What another walk of the same item finds.</summary>
    public MemoryJournal Reopen()
    {
        Found = new([.. _answers], [.. _judgements.Values], [.. _nodes.Values]);
        Writes = int.MaxValue;
        return this;
    }

    public async Task SaveAsync(IReadOnlyList<IItemRow> rows, TokenUsage usage, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _writing).ShouldBe(1, "an item writes one thing at a time");
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
            Interlocked.Decrement(ref _writing);
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
        .. _answers.OrderBy(a => a.Index).Select(a => $"a{a.Index} {a.Text} {a.Seed} {JsonSerializer.Serialize(a.Verifier)}"),
        .. _judgements.Values.OrderBy(j => j.Subject, StringComparer.Ordinal).ThenBy(j => j.Attempt).Select(j =>
            $"{j.Subject} #{j.Attempt} {j.Label} {j.Value} {j.Critique} {j.VotedLabel} {j.VotedValue} "
            + string.Join('|', j.Votes.Select(v => $"{v.Text} {v.Seed} {v.ByVerifier}"))),
        .. _nodes.Values.OrderBy(n => n.Path, StringComparer.Ordinal).Select(n =>
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
                _answers.ShouldAllBe(a => a.Index != answer.Index, "an answer is written once");
                _answers.Add(answer);
                break;
            case Judgement judgement:
                _judgements.TryAdd((judgement.Subject, judgement.Attempt), judgement).ShouldBeTrue("a judgement is written once");
                break;
            case Node node:
                if (_nodes.TryGetValue(node.Path, out var before))
                    before.Outcome.ShouldBe(NodeOutcome.Refined, "only a node that waits for its judgement is replaced");
                _nodes[node.Path] = node;
                break;
            default:
                throw new InvalidOperationException($"A step wrote a {row.GetType().Name}; only the end of an item does.");
        }
    }
}

/// <summary>The process died here.</summary>
internal sealed class StoppedException : Exception;
