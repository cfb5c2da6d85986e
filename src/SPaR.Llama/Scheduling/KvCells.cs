namespace SPaR.Llama.Scheduling;

/// <summary>Counts the cells of a unified KV cache: which cell holds which position of which sequences. Mirrors llama.cpp, which puts a
/// token into the lowest free cell and lets sequences share the cells of a common prefix; so the free cells are known without
/// asking.</summary>
/// <param name="sequences">Sequences are numbered from 0 to below this.</param>
internal sealed class KvCells(int count, int sequences)
{
    private readonly int[] _holders = new int[count];
    private readonly int[] _pins = new int[count];
    private readonly List<int>[] _cells = [.. Enumerable.Range(0, sequences).Select(_ => new List<int>())];
    private readonly bool[] _pinned = new bool[sequences];
    private int _lowestFree;

    public int Count => count;

    /// <summary>Cells that at least one sequence holds.</summary>
    public int Used { get; private set; }

    public int Free => count - Used;

    /// <summary>Used cells that a pinned sequence holds: removing all other sequences leaves these.</summary>
    public int Pinned { get; private set; }

    /// <summary>How many positions a sequence holds.</summary>
    public int Length(int sequence) => _cells[sequence].Count;

    /// <summary>The lowest cell that a sequence holds; <see cref="Count"/> where it holds none.</summary>
    public int Lowest(int sequence) => _cells[sequence].Count == 0 ? count : _cells[sequence][0];

    /// <summary>Marks whether a sequence must stay.</summary>
    public void Pin(int sequence, bool pinned)
    {
        if (_pinned[sequence] == pinned)
            return;
        foreach (var cell in _cells[sequence])
            Pinned += pinned ? _pins[cell]++ == 0 ? 1 : 0 : --_pins[cell] == 0 ? -1 : 0;
        _pinned[sequence] = pinned;
    }

    /// <summary>Takes free cells for the next positions of a sequence.</summary>
    /// <exception cref="InvalidOperationException">Too few are free.</exception>
    public void Append(int sequence, int tokens)
    {
        if (tokens > Free)
            throw new InvalidOperationException($"{tokens} cells are needed, but {Free} are free.");
        for (; tokens > 0; tokens--)
        {
            while (_holders[_lowestFree] != 0)
                _lowestFree++;
            Hold(sequence, _lowestFree);
        }
    }

    /// <summary>Lets an empty sequence share the first cells of another.</summary>
    public void Fork(int source, int destination, int length)
    {
        if (Length(destination) != 0 || length > Length(source))
            throw new InvalidOperationException($"Sequence {destination} cannot share {length} cells of sequence {source}.");
        for (var position = 0; position < length; position++)
            Hold(destination, _cells[source][position]);
    }

    /// <summary>Releases the cells of a sequence from a position on.</summary>
    public void Truncate(int sequence, int length)
    {
        var cells = _cells[sequence];
        for (var position = cells.Count - 1; position >= length; position--)
            Release(sequence, cells[position]);
        if (length < cells.Count)
            cells.RemoveRange(length, cells.Count - length);
    }

    /// <summary>Compares every count with a recount.</summary>
    /// <exception cref="InvalidOperationException">A count is wrong.</exception>
    public void Verify()
    {
        var (holders, pins) = (new int[count], new int[count]);
        for (var sequence = 0; sequence < _cells.Length; sequence++)
            foreach (var cell in _cells[sequence])
            {
                holders[cell]++;
                pins[cell] += _pinned[sequence] ? 1 : 0;
            }
        if (!holders.AsSpan().SequenceEqual(_holders) || !pins.AsSpan().SequenceEqual(_pins)
            || Used != holders.Count(h => h > 0) || Pinned != pins.Count(k => k > 0)
            || Array.IndexOf(holders, 0, 0, _lowestFree) >= 0)
            throw new InvalidOperationException("The counts of KV cells are inconsistent.");
    }

    private void Hold(int sequence, int cell)
    {
        if (_holders[cell]++ == 0)
            Used++;
        if (_pinned[sequence] && _pins[cell]++ == 0)
            Pinned++;
        _cells[sequence].Add(cell);
    }

    private void Release(int sequence, int cell)
    {
        if (_pinned[sequence] && --_pins[cell] == 0)
            Pinned--;
        if (--_holders[cell] > 0)
            return;
        Used--;
        _lowestFree = Math.Min(_lowestFree, cell);
    }
}
