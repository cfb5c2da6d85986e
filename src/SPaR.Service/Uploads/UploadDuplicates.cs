using System.Security.Cryptography;
using System.Text;
using SPaR.Method.Pairs;

namespace SPaR.Service.Uploads;

/// <summary>Rows of an upload that repeat an earlier one. They are stored all the same.</summary>
/// <param name="Exact">Rows that are equal to an earlier one.</param>
/// <param name="Near">Others that have at least 0.8 of their runs of five words in common with an earlier one.</param>
/// <param name="Compared">How many rows were searched for near-duplicates: at most the first 5000.</param>
/// <param name="First">The first of both.</param>
public sealed record UploadDuplicates(int Exact, int Near, int Compared, IReadOnlyList<DuplicateRow> First);

/// <param name="Place">Its place in the file: <c>line 3</c>, <c>[2]</c>, <c>row 7</c>.</param>
/// <param name="Of">The position of the row that it is equal to, from 0; null for a near-duplicate.</param>
public sealed record DuplicateRow(string Place, int? Of);

/// <summary>Finds rows that repeat earlier ones. Keeps 8 bytes of every row, and the words of the first ones.</summary>
internal sealed class DuplicateSearch
{
    private const int Compared = 5000;

    private const double Similar = 0.8;

    private readonly Dictionary<ulong, int> _seen = [];
    private readonly NearDuplicates _near = new(Similar);
    private readonly List<DuplicateRow> _first = [];
    private int _rows, _exact, _alike;

    public UploadDuplicates Found => new(_exact, _alike, Math.Min(_rows, Compared), _first);

    /// <param name="place">Null for a row that was stored before; it is not reported.</param>
    /// <param name="whole">Everything that makes a row equal to another.</param>
    /// <param name="words">What is compared word by word.</param>
    public void Add(string? place, string whole, string words)
    {
        var row = _rows++;
        var isNew = row >= Compared || _near.TryAdd(words);
        var hash = BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(whole)));
        if (!_seen.TryAdd(hash, row))
            Note(place, _seen[hash], ref _exact);
        else if (!isNew)
            Note(place, null, ref _alike);
    }

    private void Note(string? place, int? of, ref int count)
    {
        if (place is null)
            return;
        count++;
        if (_first.Count < UploadOptions.MaxErrors)
            _first.Add(new(place, of));
    }
}
