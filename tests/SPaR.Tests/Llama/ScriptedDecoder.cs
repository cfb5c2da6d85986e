using SPaR.Llama.Decoding;

namespace SPaR.Tests.Llama;

/// <summary>Remembers sequences as llama.cpp does, shared cells included, and gives logits that are a function of all tokens before: a
/// token that is lost, doubled or taken from another sequence changes everything after it.</summary>
internal sealed class ScriptedDecoder(int cells, int outputs, int batchTokens) : IDecoder
{
    public const int Vocabulary = 24, End = 0;

    private const int Sequences = 256;

    private readonly List<Cell>[] _held = [.. Enumerable.Range(0, Sequences).Select(_ => new List<Cell>())];
    private float[][] _logits = [];
    private bool _aborted;
    private int _used;

    public DecodeBatch Batch { get; } = new(batchTokens, outputs, Sequences);

    public int Cells => cells;

    /// <summary>The sequences and tokens of each batch evaluated since the last <see cref="Clear"/>.</summary>
    public List<string> Evaluated { get; } = [];

    /// <summary>Called during each evaluation.</summary>
    public Action Evaluating { get; set; } = () => { };

    public bool Decode()
    {
        Evaluating();
        Batch.Count.ShouldBeGreaterThan(0);
        Evaluated.Add(string.Join(' ', Enumerable.Range(0, Batch.Count).Select(i => $"{Batch[i].Sequence}:{Batch[i].Token}")));
        _logits = new float[Batch.Count][];
        for (var i = 0; i < Batch.Count; i++)
        {
            if (_aborted)
                return false;
            var (token, position, sequence) = Batch[i];
            position.ShouldBe(_held[sequence].Count, $"the next position of sequence {sequence}");
            _used.ShouldBeLessThan(cells, "llama.cpp has no cell left");
            Hold(sequence, new Cell(token));
            if (Batch.IsOutput(i))
                _logits[i] = LogitsAfter(_held[sequence].Select(c => c.Token));
        }

        return true;
    }

    public ReadOnlySpan<float> Logits(int index) => _logits[index];

    public void Fork(int source, int destination, int length)
    {
        _held[destination].ShouldBeEmpty();
        foreach (var cell in _held[source].Take(length).ToArray())
            Hold(destination, cell);
    }

    public void Truncate(int sequence, int length)
    {
        foreach (var cell in _held[sequence].Skip(length))
            if (--cell.Holders == 0)
                _used--;
        _held[sequence].RemoveRange(length, _held[sequence].Count - length);
    }

    public void Clear()
    {
        for (var sequence = 0; sequence < Sequences; sequence++)
            Truncate(sequence, 0);
        Evaluated.Clear();
    }

    public int Length(int sequence) => _held[sequence].Count;

    public void Abort(bool on) => _aborted = on;

    public void Dispose()
    {
        // It holds only managed memory.
    }

    public static float[] LogitsAfter(IEnumerable<int> tokens)
    {
        var hash = 14695981039346656037UL;
        foreach (var token in tokens)
            hash = (hash ^ (uint)token) * 1099511628211UL;
        var logits = new float[Vocabulary];
        for (var token = 0; token < Vocabulary; token++)
        {
            var bits = (hash ^ (uint)token) * 0x9E3779B97F4A7C15UL;
            logits[token] = (float)((bits >> 40) / (double)(1 << 24) * 6) - (token == End ? 1.5f : 0);
        }

        return logits;
    }

    private void Hold(int sequence, Cell cell)
    {
        if (cell.Holders++ == 0)
            _used++;
        _held[sequence].Add(cell);
    }

    private sealed class Cell(int token)
    {
        public int Token => token;

        public int Holders { get; set; }
    }
}
