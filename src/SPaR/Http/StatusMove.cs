using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Runs;

namespace SPaR.Http;

/// <summary>Moves the status of what an address names, where it stands so that it can be moved.</summary>
internal static class StatusMove
{
    /// <param name="what">"run", "evaluation", …</param>
    /// <param name="read">As it stands; null where there is none.</param>
    public static async Task<Results<Ok<T>, Missing, Clash>> MakeAsync<T>(
        string what, string id, Func<string, CancellationToken, Task> move, Func<CancellationToken, Task<T?>> read, CancellationToken stop)
        where T : class
    {
        if (await read(stop) is null)
            return Missing.Of(what, id);
        try
        {
            await move(id, stop);
        }
        catch (RunStateException e)
        {
            return new Clash(Problem.Conflict(RunStateException.Code, e.Message));
        }

        return TypedResults.Ok((await read(stop))!);
    }
}
