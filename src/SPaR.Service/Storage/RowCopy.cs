using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;

namespace SPaR.Service.Storage;

/// <summary>Collects new rows of a table and stores them by COPY, which takes a fraction of the time of INSERT. Columns and conversions are
/// those of the model; the context does not track the rows.</summary>
internal sealed class RowCopy<T>(SparDb db)
    where T : class
{
    private readonly List<T> _rows = [];
    private readonly List<CopiedColumn> _columns = ColumnsOf(db.Model.FindEntityType(typeof(T))!);
    private readonly string _command = CommandOf(db.Model.FindEntityType(typeof(T))!);

    public void Add(T row) => _rows.Add(row);

    public void Clear() => _rows.Clear();

    /// <summary>Stores the rows in the context's transaction, and forgets them.</summary>
    public async Task StoreAsync(CancellationToken cancellationToken)
    {
        if (_rows.Count == 0)
            return;
        await db.Database.OpenConnectionAsync(cancellationToken);
        try
        {
            var connection = (NpgsqlConnection)db.Database.GetDbConnection();
            await using var copy = await connection.BeginBinaryImportAsync(_command, cancellationToken);
            foreach (var row in _rows)
            {
                await copy.StartRowAsync(cancellationToken);
                foreach (var column in _columns)
                {
                    if (column.ValueOf(row) is { } value)
                        await copy.WriteAsync(value, column.Type, cancellationToken);
                    else
                        await copy.WriteNullAsync(cancellationToken);
                }
            }

            await copy.CompleteAsync(cancellationToken);
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }

        _rows.Clear();
    }

    private static IEnumerable<IProperty> StoredProperties(IEntityType type) =>
        type.GetProperties().Where(property => property.GetComputedColumnSql() is null);

    private static List<CopiedColumn> ColumnsOf(IEntityType type) => [.. StoredProperties(type).Select(p => new CopiedColumn(p))];

    private static string CommandOf(IEntityType type) =>
        $"COPY {SparDb.Schema}.{type.GetTableName()} ({string.Join(", ", StoredProperties(type).Select(p => $"\"{p.GetColumnName()}\""))}) "
        + "FROM STDIN (FORMAT binary)";

    private sealed class CopiedColumn(IProperty property)
    {
        private readonly Func<object?, object?>? _convert = property.GetTypeMapping().Converter?.ConvertToProvider;

        public string Type { get; } = property.GetColumnType();

        public object? ValueOf(object row) =>
            property.GetGetter().GetClrValue(row) is { } value ? _convert is null ? value : _convert(value) : null;
    }
}
