using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using SPaR.Service.Keys;
using SPaR.Service.Storage;

namespace SPaR.Host;

/// <summary>Whether the process lives, and whether it can do its work.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        // Whoever asks has no key, and asks often.
        var health = app.MapGroup("/health").WithTags("Health").OpenToAll().DisableRateLimiting();
        health.MapGet("/live", (IConfiguration settings) => TypedResults.Ok(new HealthView("live", [], settings["Instance"])))
            .WithName("GetLive").WithSummary("The process answers");
        health.MapGet("/ready", Ready).WithName("GetReady")
            .WithSummary("The database answers and is migrated; otherwise says what is missing")
            .Produces<HealthView>().Produces<HealthView>(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<JsonHttpResult<HealthView>> Ready(
        IDbContextFactory<SparDb> databases, IConfiguration settings, CancellationToken cancellationToken)
    {
        var missing = await MissingAsync(databases, cancellationToken);
        return missing.Length == 0
            ? TypedResults.Json(new HealthView("ready", missing, settings["Instance"]))
            : TypedResults.Json(
                new HealthView("not-ready", missing, settings["Instance"]),
                statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    /// <returns>What the process lacks to do its work, and what to do about it.</returns>
    public static async Task<string[]> MissingAsync(IDbContextFactory<SparDb> databases, CancellationToken cancellationToken)
    {
        try
        {
            await using var db = await databases.CreateDbContextAsync(cancellationToken);
            await db.Database.OpenConnectionAsync(cancellationToken);
            var pending = await db.Database.GetPendingMigrationsAsync(cancellationToken);
            return [.. pending.Select(migration => $"The migration {migration} is not applied; restart the service, which applies it.")];
        }
        catch (Exception e) when (e.GetBaseException() is NpgsqlException or System.Net.Sockets.SocketException or TimeoutException)
        {
            return [$"PostgreSQL does not answer ({e.GetBaseException().Message}); check that it runs and ConnectionStrings:Spar."];
        }
    }
}

/// <param name="Status"><c>live</c>, <c>ready</c> or <c>not-ready</c>.</param>
/// <param name="Missing">What is missing, and what to do about it.</param>
/// <param name="Instance">What the setting of this name holds: whoever started the process knows it again by this.</param>
internal sealed record HealthView(string Status, IReadOnlyList<string> Missing, string? Instance);
