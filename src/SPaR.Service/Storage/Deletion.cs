using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore.Metadata;

namespace SPaR.Service.Storage;

/// <summary>Deletes a row with the rows that belong to it, if no other row refers to it. What refers to what is in the foreign keys; knows
/// no table.</summary>
internal static class Deletion
{
    /// <summary>Rows per statement, so that none runs into its time limit.</summary>
    private const int Batch = 1000;

    /// <summary>Ids that an error names.</summary>
    private const int Named = 5;

    /// <summary>Locks the row, so that nothing can start to refer to it, until the transaction ends.</summary>
    /// <returns>Whether there is such a row.</returns>
    public static async Task<bool> LockAsync<T>(SparDb db, string id, CancellationToken cancellationToken) =>
        await db.Database.SqlQuery<string>(Sql($$"""SELECT id AS "Value" FROM {{Table(TypeOf<T>(db))}} WHERE id = {0} FOR UPDATE""", id))
            .AnyAsync(cancellationToken);

    /// <returns>The ids of the rows that refer to it and would not go with it, a few of each table.</returns>
    public static async Task<IReadOnlyList<string>> UsersAsync<T>(SparDb db, string id, CancellationToken cancellationToken)
    {
        var users = new List<string>();
        foreach (var key in References<T>(db, DeleteBehavior.NoAction))
            users.AddRange(await db.Database.SqlQuery<string>(Sql(
                $$"""
                SELECT DISTINCT {{Column(key.DeclaringEntityType.FindPrimaryKey()!.Properties[0])}} AS "Value"
                FROM {{Table(key.DeclaringEntityType)}} WHERE {{Column(key.Properties[0])}} = {0} LIMIT {{Named}}
                """, id)).ToListAsync(cancellationToken));
        return [.. users.Distinct()];
    }

    /// <summary>Deletes the row and what belongs to it, batch by batch, in the caller's transaction.</summary>
    public static async Task DeleteAsync<T>(SparDb db, string id, CancellationToken cancellationToken)
    {
        foreach (var key in References<T>(db, DeleteBehavior.Cascade))
        {
            var batch = Sql(
                $$"""
                DELETE FROM {{Table(key.DeclaringEntityType)}} WHERE ctid = ANY(ARRAY(
                    SELECT ctid FROM {{Table(key.DeclaringEntityType)}} WHERE {{Column(key.Properties[0])}} = {0} LIMIT {{Batch}}))
                """, id);
            while (await db.Database.ExecuteSqlAsync(batch, cancellationToken) == Batch)
            {
            }
        }

        await db.Database.ExecuteSqlAsync(Sql($$"""DELETE FROM {{Table(TypeOf<T>(db))}} WHERE id = {0}""", id), cancellationToken);
    }

    /// <returns>"a, b, c and others".</returns>
    public static string Naming(IReadOnlyList<string> users) =>
        string.Join(", ", users.Take(Named)) + (users.Count > Named ? " and others" : "");

    private static IEnumerable<IForeignKey> References<T>(SparDb db, DeleteBehavior behaviour) =>
        TypeOf<T>(db).GetReferencingForeignKeys().Where(key => key.DeleteBehavior == behaviour);

    private static IEntityType TypeOf<T>(SparDb db) => db.Model.FindEntityType(typeof(T))!;

    private static string Table(IEntityType type) => $"{type.GetSchema()}.{type.GetTableName()}";

    private static string Column(IProperty property) => property.GetColumnName();

    private static FormattableString Sql(string sql, string id) => FormattableStringFactory.Create(sql, id);
}
