using System.Text.Json;
using SPaR.Method.Items;

namespace SPaR.Tests;

/// <summary>A <see cref="MemoryJournal"/> that can stop an item at any write, and checks that an item writes one thing at a
/// time.</summary>
internal sealed class StoppingJournal : IJournal
{
    private MemoryJournal _rows = new();
    private int _writing;

    public ItemRecord Found => _rows.Found;

    /// <summary>How many more writes succeed.</summary>
    public int Writes { get; set; } = int.MaxValue;

    public int Written { get; private set; }

    public ItemEnd? End => _rows.End;

    public StepCost Cost => _rows.Cost;

    public IReadOnlyList<Answer> Answers => _rows.Stored.Answers;

    public IReadOnlyList<Judgement> Judgements => _rows.Stored.Judgements;

    public IReadOnlyList<Node> Nodes => _rows.Stored.Nodes;

    public Node Node(string path) => Nodes.Single(n => n.Path == path);

    /// <summary>What another run of the same item finds.</summary>
    public StoppingJournal Reopen()
    {
        _rows = new(_rows.Stored);
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
            await _rows.SaveAsync(rows, usage, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _writing);
        }
    }

    public Task FinishAsync(ItemEnd end, CancellationToken cancellationToken)
    {
        CountWrite();
        return _rows.FinishAsync(end, cancellationToken);
    }

    /// <summary>Everything stored, as text: two runs with the same text did the same.</summary>
    public string Print() => string.Join('\n',
    [
        .. Answers.OrderBy(a => a.Index).Select(a => $"a{a.Index} {a.Text} {a.Seed} {JsonSerializer.Serialize(a.Verifier)}"),
        .. Judgements.OrderBy(j => j.Subject, StringComparer.Ordinal).ThenBy(j => j.Attempt).Select(j =>
            $"{j.Subject} #{j.Attempt} {j.Label} {j.Value} {j.Critique} {j.VotedLabel} {j.VotedValue} "
            + string.Join('|', j.Votes.Select(v => $"{v.Text} {v.Seed} {v.ByVerifier}"))),
        .. Nodes.OrderBy(n => n.Path, StringComparer.Ordinal).Select(n =>
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
}

/// <summary>The process died here.</summary>
internal sealed class StoppedException : Exception;
