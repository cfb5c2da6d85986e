namespace SPaR.Llama.Scheduling;

/// <summary>The cells of a unified KV cache, in numbers: which cell holds which position of which sequences. Follows llama.cpp, which puts
/// a token into the lowest free cell and lets sequences share the cells of a common prefix; so it knows how many cells are left
/// without asking.</summary>
/// <param name="count">Cells in all.</param>
/// <param name="sequences">Sequences are numbered from 0 to below this.</param>
internal sealed class KvCells(int count, int sequences)
{
    private readonly int[] _holders = new int[count];
    private readonly int[] _keepers = new int[count];
    private readonly List<int>[] _cells = [.. Enumerable.Range(0, sequences).Select(_ => new List<int>())];
    private readonly bool[] _kept = new bool[sequences];
    private int _lowestFree;

    public int Count => count;

    /// <summary>Cells that some sequence holds.</summary>
    public int Used { get; private set; }

    public int Free => count - Used;

    /// <summary>Of the used ones, those that a kept sequence holds: dropping all others leaves these.</summary>
    public int Kept { get; private set; }

    /// <summary>Positions that a sequence holds.</summary>
    public int Length(int sequence) => _cells[sequence].Count;

    /// <summary>The lowest cell that a sequence holds; <see cref="Count"/> where it holds none.</summary>
    public int Lowest(int sequence) => _cells[sequence].Count == 0 ? count : _cells[sequence][0];

    /// <summary>Says whether a sequence must stay.</summary>
    public void Keep(int sequence, bool kept)
    {
        if (_kept[sequence] == kept)
            return;
        foreach (var cell in _cells[sequence])
            Kept += kept ? _keepers[cell]++ == 0 ? 1 : 0 : --_keepers[cell] == 0 ? -1 : 0;
        _kept[sequence] = kept;
    }

    /// <summary>Takes free cells for the next positions of a sequence.</summary>
    /// <exception cref="InvalidOperationException">There are not so many.</exception>
    public void Append(int sequence, int tokens)
    {
        if (tokens > Free)
            throw new InvalidOperationException($"{tokens} cells are wanted and {Free} are free.");
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

    /// <summary>Gives up what a sequence holds from a position on.</summary>
    public void Truncate(int sequence, int length)
    {
        var cells = _cells[sequence];
        for (var position = cells.Count - 1; position >= length; position--)
            Release(sequence, cells[position]);
        if (length < cells.Count)
            cells.RemoveRange(length, cells.Count - length);
    }

    /// <summary>Holds every number against a recount.</summary>
    /// <exception cref="InvalidOperationException">One is wrong.</exception>
    public void Verify()
    {
        var (holders, keepers) = (new int[count], new int[count]);
        for (var sequence = 0; sequence < _cells.Length; sequence++)
            foreach (var cell in _cells[sequence])
            {
                holders[cell]++;
                keepers[cell] += _kept[sequence] ? 1 : 0;
            }
        if (!holders.AsSpan().SequenceEqual(_holders) || !keepers.AsSpan().SequenceEqual(_keepers)
            || Used != holders.Count(h => h > 0) || Kept != keepers.Count(k => k > 0)
            || Array.IndexOf(holders, 0, 0, _lowestFree) >= 0)
            throw new InvalidOperationException("The ledger of KV cells does not add up.");
    }

    private void Hold(int sequence, int cell)
    {
        if (_holders[cell]++ == 0)
            Used++;
        if (_kept[sequence] && _keepers[cell]++ == 0)
            Kept++;
        _cells[sequence].Add(cell);
    }

    private void Release(int sequence, int cell)
    {
        if (_kept[sequence] && --_keepers[cell] == 0)
            Kept--;
        if (--_holders[cell] > 0)
            return;
        Used--;
        _lowestFree = Math.Min(_lowestFree, cell);
    }
}
