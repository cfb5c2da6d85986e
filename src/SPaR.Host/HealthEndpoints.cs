using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using SPaR.Service.Jobs;
using SPaR.Service.Keys;
using SPaR.Service.Storage;

namespace SPaR.Host;

/// <summary>Liveness and readiness of the process.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        // Health checks have no key and ask often.
        var health = app.MapGroup("/health").WithTags("Health").OpenToAll().DisableRateLimiting();
        health.MapGet("/live", (IConfiguration settings) => TypedResults.Ok(new HealthView("live", [], [], settings["Instance"])))
            .WithName("GetLive").WithSummary("Check that the process responds");
        health.MapGet("/ready", Ready).WithName("GetReady")
            .WithSummary("Check that the database responds and is migrated")
            .WithDescription(
                "degraded says what needs a person while everything else works, such as jobs that were given up; the service is ready all "
                + "the same.")
            .Produces<HealthView>().Produces<HealthView>(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<JsonHttpResult<HealthView>> Ready(
        ReservedDatabase databases, JobHealth jobs, IConfiguration settings, CancellationToken cancellationToken)
    {
        var missing = await MissingAsync(databases, cancellationToken);
        return missing.Length == 0
            ? TypedResults.Json(
                new HealthView("ready", missing, Degraded(await jobs.CountAsync(cancellationToken)), settings["Instance"]))
            : TypedResults.Json(
                new HealthView("not-ready", missing, [], settings["Instance"]), statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private static string[] Degraded(JobTrouble trouble) =>
    [
        .. trouble.GivenUp > 0 ? [$"{trouble.GivenUp} jobs were given up; GET /v1/jobs/failed says why."] : Array.Empty<string>(),
        .. trouble.Suspects > 0 ? [$"A process died over {trouble.Suspects} jobs; they are tried again."] : Array.Empty<string>(),
    ];

    /// <returns>What is missing for the process to work, each with the next action.</returns>
    public static async Task<string[]> MissingAsync(ReservedDatabase databases, CancellationToken cancellationToken)
    {
        try
        {
            await using var db = databases.CreateDbContext();
            await db.Database.OpenConnectionAsync(cancellationToken);
            var pending = await db.Database.GetPendingMigrationsAsync(cancellationToken);
            return [.. pending.Select(migration => $"Migration {migration} is not applied; restart the service to apply it.")];
        }
        catch (Exception e) when (e.IsDatabaseError())
        {
            return [$"PostgreSQL does not answer ({e.GetBaseException().Message}); check that it is running, and ConnectionStrings:Spar."];
        }
    }
}

/// <param name="Status"><c>live</c>, <c>ready</c> or <c>not-ready</c>.</param>
/// <param name="Missing">What is missing, each with the next action.</param>
/// <param name="Degraded">What does not work as it should, while the service is ready.</param>
/// <param name="Instance">The setting of this name; identifies the process to whoever started it.</param>
internal sealed record HealthView(
    string Status, IReadOnlyList<string> Missing, IReadOnlyList<string> Degraded, string? Instance);
