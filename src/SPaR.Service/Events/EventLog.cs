using System.Globalization;
using System.Text.Json.Nodes;

namespace SPaR.Service.Events;

/// <summary>Adds events and reads them.</summary>
internal static class EventLog
{
    /// <summary>Adds an event to the caller's transaction, and signals it (<see cref="RunSignals"/>) when that is committed.</summary>
    public static Task AddAsync(SparDb db, string subject, string type, JsonObject data, CancellationToken cancellationToken) =>
        db.Database.ExecuteSqlAsync(
            $"""
            WITH added AS (INSERT INTO spar.events (subject, type, data) VALUES ({subject}, {type}, {data.ToJsonString()}::jsonb))
            SELECT pg_notify({RunSignals.Channel}, {subject})
            """, cancellationToken);

    /// <returns>The id of a subject's newest event; 0 if it has none.</returns>
    public static async Task<long> NewestAsync(SparDb db, string subject, CancellationToken cancellationToken) =>
        await db.Events.Where(e => e.Subject == subject).MaxAsync(e => (long?)e.Id, cancellationToken) ?? 0;

    /// <returns>The events of a subject after one and up to another, in order.</returns>
    public static Task<List<StoredEvent>> ReadAsync(
        SparDb db, string subject, long after, long last, CancellationToken cancellationToken) =>
        db.Events.AsNoTracking().Where(e => e.Subject == subject && e.Id > after && e.Id <= last).OrderBy(e => e.Id)
            .ToListAsync(cancellationToken);
}

/// <param name="Id">Grows from event to event; the id of the server-sent event.</param>
/// <param name="Subject">The id of what it happened to.</param>
/// <param name="Type">Such as <c>run.succeeded</c> or <c>run.stage</c>.</param>
/// <param name="Data">What the type has to say: of a status, its code and detail; of a stage, its round.</param>
internal sealed record EventView(string Id, string Subject, string Type, JsonNode Data, DateTimeOffset CreatedAt)
{
    public static EventView Of(StoredEvent e) =>
        new(e.Id.ToString(CultureInfo.InvariantCulture), e.Subject, e.Type, e.Data, e.CreatedAt);
}
