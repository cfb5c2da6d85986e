using SPaR.Method.Input;
using SPaR.Service.Events;

namespace SPaR.Service.Webhooks;

/// <summary>Statements over webhooks and what is sent to them.</summary>
internal static class WebhookStore
{
    /// <summary>Events that are committed late have smaller ids than others that are seen already. No transaction lasts so long.</summary>
    private const int SettledSeconds = 60;

    /// <summary>Events that a look may see again.</summary>
    private const int LookedAt = 500;

    /// <summary>Goes to the webhook that is its subject, and to no other.</summary>
    public const string TestEvent = "webhook.test";

    /// <returns>The webhooks for which there is something to send now.</returns>
    public static Task<List<string>> DueAsync(SparDb db, CancellationToken cancellationToken) => db.Database.SqlQuery<string>(
        $"""
        SELECT w.id AS "Value" FROM spar.webhooks w WHERE w.disabled IS NULL AND (
            EXISTS (SELECT FROM spar.webhook_deliveries d WHERE d.webhook_id = w.id AND d.due_at <= now())
            OR EXISTS (SELECT FROM spar.events e WHERE e.id > w.after
                AND (CASE WHEN e.type = {TestEvent} THEN e.subject = w.id ELSE EXISTS (
                    SELECT FROM jsonb_array_elements_text(w.events) p WHERE e.type LIKE replace(replace(p, '_', '\_'), '*', '%')) END)
                AND NOT EXISTS (SELECT FROM spar.webhook_deliveries d WHERE d.webhook_id = w.id AND d.event_id = e.id)))
        """).ToListAsync(cancellationToken);

    /// <summary>Notes that the other webhooks have nothing to send of all events up to now, so that the next look is at few. Not at each
    /// look, as it writes.</summary>
    /// <param name="due">What <see cref="DueAsync"/> has just returned.</param>
    public static Task SkipAsync(SparDb db, IReadOnlyList<string> due, CancellationToken cancellationToken) =>
        db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.webhooks w SET after = e.id FROM (
                SELECT id FROM spar.events WHERE created_at < now() - make_interval(secs => {SettledSeconds})
                ORDER BY created_at DESC LIMIT 1) e
            WHERE e.id > w.after + {LookedAt} AND NOT w.id = ANY({due.ToArray()})
            """, cancellationToken);

    /// <returns>The next events to send to a webhook, the oldest first.</returns>
    public static Task<List<StoredEvent>> NextAsync(SparDb db, string webhook, CancellationToken cancellationToken) => db.Events.FromSql(
        $"""
        SELECT e.* FROM spar.events e JOIN spar.webhooks w ON w.id = {webhook} AND w.disabled IS NULL
        LEFT JOIN spar.webhook_deliveries d ON d.webhook_id = w.id AND d.event_id = e.id
        WHERE d.due_at <= now() OR (d.event_id IS NULL AND e.id > w.after
            AND (CASE WHEN e.type = {TestEvent} THEN e.subject = w.id ELSE EXISTS (
                    SELECT FROM jsonb_array_elements_text(w.events) p WHERE e.type LIKE replace(replace(p, '_', '\_'), '*', '%')) END))
        ORDER BY e.id LIMIT 50
        """).AsNoTracking().ToListAsync(cancellationToken);

    /// <summary>Stores the result of an attempt, and when the next one is due.</summary>
    public static async Task RecordAsync(
        SparDb db, string webhook, StoredEvent happened, SendResult result, CancellationToken cancellationToken)
    {
        var attempts = await db.WebhookDeliveries.Where(d => d.WebhookId == webhook && d.EventId == happened.Id).Select(d => d.Attempts)
            .SingleOrDefaultAsync(cancellationToken) + 1;
        var wait = result.Error is null ? null : RetrySchedule.After(attempts);
        var state = EnumName.Of(result.Error is null ? DeliveryState.Delivered
            : wait is null ? DeliveryState.Failed
            : DeliveryState.Retrying);
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO spar.webhook_deliveries (webhook_id, event_id, type, state, attempts, status, error, due_at, updated_at)
            VALUES ({webhook}, {happened.Id}, {happened.Type}, {state}, {attempts}, {(int?)result.Status}, {result.Error},
                now() + {wait}::interval, now())
            ON CONFLICT (webhook_id, event_id) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
                status = excluded.status, error = excluded.error, due_at = excluded.due_at, updated_at = excluded.updated_at
            """, cancellationToken);
    }

    /// <summary>Notes that every event up to now is sent or has its next attempt.</summary>
    /// <returns>Seconds until the next attempt is due; null if none is.</returns>
    public static async Task<double?> AdvanceAsync(SparDb db, string webhook, CancellationToken cancellationToken)
    {
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.webhooks w SET after = greatest(w.after, coalesce(
                (SELECT id FROM spar.events WHERE created_at < now() - make_interval(secs => {SettledSeconds})
                    ORDER BY created_at DESC LIMIT 1), 0))
            WHERE w.id = {webhook}
            """, cancellationToken);
        return await db.Database.SqlQuery<double?>(
            $"""
            SELECT greatest(0, extract(epoch FROM min(due_at) - now()))::double precision AS "Value"
            FROM spar.webhook_deliveries WHERE webhook_id = {webhook} AND due_at IS NOT NULL
            """).SingleAsync(cancellationToken);
    }

    /// <summary>Stops sending to a webhook.</summary>
    public static Task DisableAsync(SparDb db, string webhook, string why, CancellationToken cancellationToken) =>
        db.Webhooks.Where(w => w.Id == webhook).ExecuteUpdateAsync(set => set.SetProperty(w => w.Disabled, why), cancellationToken);
}
