using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Http;

namespace SPaR.Service.Lifecycle;

/// <summary>Moves the status of a run, a training or an evaluation over HTTP.</summary>
internal static class StatusChange
{
    /// <param name="what">"run", "evaluation", …</param>
    /// <param name="read">Its view; null where there is none.</param>
    public static async Task<Results<Ok<T>, NotFoundProblem, ConflictProblem>> MakeAsync<T>(
        string what, string id, Func<string, CancellationToken, Task> move, Func<CancellationToken, Task<T?>> read,
        CancellationToken cancellationToken)
        where T : class
    {
        if (await read(cancellationToken) is null)
            return NotFoundProblem.Of(what, id);
        try
        {
            await move(id, cancellationToken);
        }
        catch (InvalidStateException e)
        {
            return ConflictProblem.Of(InvalidStateException.Code, e.Message);
        }
        catch (InvalidOperationException)
        {
            // Somebody deleted it in between.
            if (await read(cancellationToken) is null)
                return NotFoundProblem.Of(what, id);
            throw;
        }

        return await read(cancellationToken) is { } moved ? TypedResults.Ok(moved) : NotFoundProblem.Of(what, id);
    }

    /// <returns>Why what has not ended cannot be deleted; null if it has ended.</returns>
    public static ConflictProblem? RefuseOpen(WorkKind kind, string id, RunStatus status) => StatusTransitions.IsEnd(status)
        ? null
        : ConflictProblem.Of(
            InvalidStateException.Code, $"The {kind.Name} {id} is {EnumName.Of(status)}; cancel it before you delete it.");
}
