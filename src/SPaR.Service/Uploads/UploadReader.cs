using System.Runtime.CompilerServices;
using System.Text.Json;
using SPaR.Method.Input;

namespace SPaR.Service.Uploads;

/// <summary>Reads an uploaded file into values, one row at a time: decompresses it, recognises its kind by its content, brings its columns
/// to the format's names, and lets the format read each row. Knows no database.</summary>
/// <param name="formats">What a row may be; the first that recognises it is used, from the first row to the last.</param>
internal sealed class UploadReader<T>(IReadOnlyList<IRowFormat<T>> formats, UploadOptions options) : IDisposable
    where T : class
{
    private const int MaxErrors = UploadOptions.MaxErrors, LongestField = 300;

    private readonly ILookup<string, ColumnType> _types = formats.SelectMany(f => f.Columns).ToLookup(c => c.Name, c => c.Type);
    private readonly ColumnNames _columns = new(options);
    private readonly List<SkippedRow> _firstSkipped = [];
    private readonly List<SkippedRow> _newlySkipped = [];
    private IRowFormat<T>? _format = formats.FirstOrDefault(f => f.Name == options.Format);
    private readonly List<Stream> _own = [];
    private Stream? _content;
    private FileStart? _start;
    private IFileKind? _kind;
    private int _skipped;

    /// <summary>Errors for which nothing of the file may be stored.</summary>
    public List<FieldError> Errors { get; } = [];

    /// <summary>Whether the kind of the file is known.</summary>
    public bool IsOpen => _kind is not null;

    public UploadReport Report => new(_kind!.Name, _format?.Name ?? options.Format, _columns.Noted, _skipped, _firstSkipped);

    /// <summary>What the object around the rows holds next to them, once all were read.</summary>
    public JsonElement? Envelope => _start?.Envelope;

    /// <summary>The rows that were skipped since the last call.</summary>
    public IReadOnlyList<SkippedRow> TakeSkipped()
    {
        SkippedRow[] taken = [.. _newlySkipped];
        _newlySkipped.Clear();
        return taken;
    }

    /// <summary>Decompresses the file and recognises its kind.</summary>
    /// <param name="upload">Stays the caller's.</param>
    /// <exception cref="UnreadableFileException">It cannot be read.</exception>
    public async Task OpenAsync(UploadedFile upload, CancellationToken cancellationToken)
    {
        var (file, declaredJson, limit) = upload;
        var start = await FileStart.OfAsync(file, declaredJson, cancellationToken);
        if (Gzip.Is(start.Bytes.Span))
        {
            file = await Gzip.DecompressAsync(file, limit, cancellationToken);
            _own.Add(file);
            start = await FileStart.OfAsync(file, declaredJson, cancellationToken);
        }

        (_content, _start, _kind) = (file, start, FileKinds.Of(start));
        if (await _kind.ConvertAsync(file, limit, cancellationToken) is not { } converted)
            return;
        _own.Add(converted);
        _content = converted;
    }

    /// <summary>Reads the rows. Stops after <see cref="UploadOptions.MaxErrors"/> errors; invalid rows are no errors if they may be
    /// skipped.</summary>
    /// <exception cref="UnreadableFileException">No further row can be read.</exception>
    public async IAsyncEnumerable<ReadRow<T>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var row in _kind!.ReadAsync(_content!, _start!, cancellationToken).WithCancellation(cancellationToken))
        {
            var errors = row.Errors.ToList();
            if (errors.Count == 0 && Read(row, errors) is { } read && errors.Count == 0)
            {
                count++;
                yield return read;
            }
            else if (Refuse(row.Place, errors))
                yield break;
        }

        AddFinalErrors(count);
    }

    public void Dispose() => _own.ForEach(stream => stream.Dispose());

    /// <summary>For a row whose value cannot be stored.</summary>
    /// <returns>Whether to stop reading.</returns>
    public bool Refuse(Place place, IReadOnlyList<FieldError> errors)
    {
        if (!options.SkipInvalid)
        {
            Errors.AddRange(errors.Take(MaxErrors - Errors.Count).Select(Short));
            return Errors.Count >= MaxErrors;
        }

        var skipped = new SkippedRow(place.Name, [.. errors.Take(MaxErrors).Select(Short)]);
        _skipped++;
        _newlySkipped.Add(skipped);
        if (_firstSkipped.Count < MaxErrors)
            _firstSkipped.Add(skipped);
        return false;
    }

    // The name of a property can be as long as its row.
    private static FieldError Short(FieldError error) =>
        error.Field.Length > LongestField ? error with { Field = $"{error.Field[..LongestField]}…" } : error;

    private ReadRow<T>? Read(FileRow row, List<FieldError> errors)
    {
        if (row.Json.ValueKind is not JsonValueKind.Object)
        {
            errors.Add(new(row.Place.Name, $"must be an object, not {FieldReader.Quote(row.Json)}."));
            return null;
        }

        var named = _columns.Rename(row.Json, _kind!.HasTextCells ? _types : null);
        _format ??= formats.Count == 1 ? formats[0] : formats.FirstOrDefault(format => format.Recognises(named));
        if (_format is null)
        {
            errors.Add(new(row.Place.Name, Unrecognised(named)));
            return null;
        }

        var (known, kept) = _columns.Sort(named, _format.Columns, row.Place, errors);
        return _format.Read(new(known, row.Place, kept, options.DropLastAnswer), errors) is { } value
            ? new(row.Place, row.Bytes, value, kept)
            : null;
    }

    private string Unrecognised(JsonElement row)
    {
        var columns = row.EnumerateObject().Take(MaxErrors).Select(p => ColumnNames.Short(p.Name)).DefaultIfEmpty("(none)");
        var known = formats.Select(format => $"{format.Name} ({string.Join(", ", format.Columns.Select(column => column.Name))})");
        return $"has the columns {string.Join(", ", columns)}, which no format has (the file was read as {_kind!.Name}). Formats: "
            + $"{string.Join("; ", known)}. Rename a column with map, as map=prompt=question.";
    }

    private void AddFinalErrors(int count)
    {
        if (Errors.Count > 0)
            return;
        if (count == 0 && _skipped > 0)
            Errors.AddRange(_firstSkipped.SelectMany(row => row.Errors).Take(MaxErrors));
        else if (count == 0)
            Errors.Add(new("body", $"is empty, read as {_kind!.Name}; give at least one row."));
        else
            Errors.AddRange(_columns.NeverFound.Select(source => new FieldError("map", $"names '{source}', which no row has.")));
    }
}
