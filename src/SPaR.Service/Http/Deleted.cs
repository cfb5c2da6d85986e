using Microsoft.AspNetCore.Http.HttpResults;

namespace SPaR.Service.Http;

/// <summary>Answers a request to delete something.</summary>
internal static class Deleted
{
    /// <summary>Deletes it with the rows that belong to it, in one transaction.</summary>
    /// <param name="what">"run", "instruction set", …</param>
    /// <param name="allowed">The reason why it cannot be deleted, besides foreign keys; null if there is none. Runs under a lock on the
    /// row.</param>
    /// <param name="before">What else goes, in the same transaction, before the row does.</param>
    public static async Task<Results<NoContent, NotFoundProblem, ConflictProblem>> AnswerAsync<T>(
        SparDb db, string what, string id, Func<Task<ConflictProblem?>>? allowed, Func<Task>? before, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await Deletion.LockAsync<T>(db, id, cancellationToken))
            return NotFoundProblem.Of(what, id);
        if (allowed is not null && await allowed() is { } refusal)
            return refusal;
        if (await Deletion.UsersAsync<T>(db, id, cancellationToken) is [_, ..] users)
            return InUse(what, id, users);
        if (before is not null)
            await before();
        await Deletion.DeleteAsync<T>(db, id, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>409, with what uses it.</summary>
    public static ConflictProblem InUse(string what, string id, IReadOnlyList<string> users) => ConflictProblem.Of(
        $"{what.Replace(' ', '-')}-in-use",
        $"The {what} '{id}' is used by {Deletion.Naming(users)}. Delete {(users.Count == 1 ? "this" : "these")} first.");
}
