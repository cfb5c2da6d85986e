using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Input;
using SPaR.Service.Events;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Webhooks;

/// <summary>Creates, lists, tests and deletes webhooks, and shows what was sent to them.</summary>
internal static class WebhookEndpoints
{
    private const int MostPatterns = 50, LongestPattern = 100, LongestUrl = 2000, LongestName = 200;

    public static void MapWebhooks(this IEndpointRouteBuilder api)
    {
        var webhooks = api.MapGroup("/webhooks").WithTags("Webhooks");
        webhooks.MapPost("", Create).RequireScope(Scope.Admin).WithName("CreateWebhook").Idempotent()
            .WithSummary("Send events to an address, signed as in Standard Webhooks")
            .WithDescription(
                "events: types of events, in which * stands for any text; all by default. The secret is shown only in this response. Each "
                + "event is a POST with type, timestamp and data, and is repeated for up to 32 hours until the receiver answers with a "
                + "status of 200 to 299; an answer of 410 ends it all. The headers webhook-id, webhook-timestamp and webhook-signature are "
                + "those of Standard Webhooks.")
            .WithMetadata(new BodyExample("""{ "url": "https://example.com/spar", "events": ["run.*", "training.succeeded"] }"""));
        webhooks.MapGet("", List).RequireScope(Scope.Admin).WithName("ListWebhooks").WithSummary("List webhooks, newest first");
        webhooks.MapGet("/{id}", Get).RequireScope(Scope.Admin).WithName("GetWebhook").WithSummary("A webhook");
        webhooks.MapGet("/{id}/deliveries", Deliveries).RequireScope(Scope.Admin).WithName("ListDeliveries")
            .WithSummary("What was sent to a webhook, in the order of the events");
        webhooks.MapPost("/{id}/test", Test).RequireScope(Scope.Admin).WithName("TestWebhook").Idempotent()
            .WithSummary("Send the event webhook.test to a webhook");
        webhooks.MapDelete("/{id}", Delete).RequireScope(Scope.Admin).WithName("DeleteWebhook").WithSummary("Delete a webhook");
    }

    private static async Task<Results<Created<NewWebhookView>, InvalidProblem>> Create(
        WebhookRequest request, HttpContext http, SparDb db, IOptions<WebhookOptions> options, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        var patterns = request.Events ?? ["*"];
        if (request.Url.Length > LongestUrl)
            errors.Add(new("url", $"must have at most {LongestUrl} characters."));
        else if (OutgoingConnections.FaultOf(request.Url, options.Value.AllowPrivate) is { } fault)
            errors.Add(new("url", fault));
        if (patterns.Count is 0 or > MostPatterns)
            errors.Add(new("events", $"must have 1 to {MostPatterns} types; leave it out for all."));
        foreach (var (i, pattern) in patterns.Index())
            if (pattern.Length is 0 or > LongestPattern || !pattern.All(c => char.IsAsciiLetterLower(c) || c is '.' or '_' or '*'))
                errors.Add(new($"events[{i}]", $"must be the type of an event, such as run.succeeded or run.*, not '{pattern}'."));
        if (request.Name is { } name && (string.IsNullOrWhiteSpace(name) || name.Length > LongestName))
            errors.Add(new("name", $"must have 1 to {LongestName} characters."));
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-webhook", errors);
        var webhook = new Webhook
        {
            Id = Ids.New("whk", time),
            Name = request.Name,
            Url = request.Url,
            Events = patterns,
            Secret = WebhookSignature.NewSecret(),
            After = await db.Events.MaxAsync(e => (long?)e.Id, cancellationToken) ?? 0,
            CreatedAt = time.GetUtcNow(),
        };
        var (address, view) = ($"/v1/webhooks/{webhook.Id}", new NewWebhookView(webhook.Secret, WebhookView.Of(webhook)));
        http.Features.Get<AnswerForeseen>()?.Invoke(StatusCodes.Status201Created, address, view);
        db.Webhooks.Add(webhook);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created(address, view);
    }

    private static async Task<Ok<Page<WebhookView>>> List([AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        var rows = await db.Webhooks.AsNoTracking().NewestFirst(page).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(rows.ConvertAll(WebhookView.Of), w => w.Id));
    }

    private static async Task<Results<Ok<WebhookView>, NotFoundProblem>> Get(string id, SparDb db, CancellationToken cancellationToken) =>
        await db.Webhooks.AsNoTracking().FirstOrDefaultAsync(w => w.Id == id, cancellationToken) is { } webhook
            ? TypedResults.Ok(WebhookView.Of(webhook))
            : NotFoundProblem.Of("webhook", id);

    private static async Task<Results<Ok<Page<DeliveryView>>, NotFoundProblem>> Deliveries(
        string id, [AsParameters] EventQuery query, SparDb db, CancellationToken cancellationToken)
    {
        if (!await db.Webhooks.AnyAsync(w => w.Id == id, cancellationToken))
            return NotFoundProblem.Of("webhook", id);
        var page = new PageQuery(query.After, query.Limit);
        var (after, take) = (EventEndpoints.AfterOf(query.After), page.Take);
        var rows = await db.WebhookDeliveries.AsNoTracking().Where(d => d.WebhookId == id && d.EventId > after)
            .OrderBy(d => d.EventId).Take(take).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(rows.ConvertAll(DeliveryView.Of), d => d.EventId));
    }

    private static async Task<Results<Accepted, NotFoundProblem>> Test(
        string id, HttpContext http, SparDb db, CancellationToken cancellationToken)
    {
        if (!await db.Webhooks.AnyAsync(w => w.Id == id, cancellationToken))
            return NotFoundProblem.Of("webhook", id);
        var deliveries = $"/v1/webhooks/{id}/deliveries";
        http.Features.Get<AnswerForeseen>()?.Invoke(StatusCodes.Status202Accepted, deliveries, null);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await EventLog.AddAsync(db, id, WebhookStore.TestEvent, [], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.Accepted(deliveries);
    }

    private static Task<Results<NoContent, NotFoundProblem, ConflictProblem>> Delete(
        string id, SparDb db, CancellationToken cancellationToken) =>
        Deleted.AnswerAsync<Webhook>(db, "webhook", id, null, null, cancellationToken);
}

/// <param name="Events">Types of events, in which <c>*</c> stands for any text; all if left out.</param>
internal sealed record WebhookRequest(string Url, IReadOnlyList<string>? Events = null, string? Name = null);

/// <param name="Secret">Verifies the signatures. It is not shown again.</param>
internal sealed record NewWebhookView(string Secret, WebhookView About);

/// <param name="Disabled">Why nothing is sent any more; null while it is.</param>
internal sealed record WebhookView(
    string Id, string? Name, string Url, IReadOnlyList<string> Events, string? Disabled, DateTimeOffset CreatedAt)
{
    public static WebhookView Of(Webhook w) => new(w.Id, w.Name, w.Url, w.Events, w.Disabled, w.CreatedAt);
}

/// <param name="EventId">The header <c>webhook-id</c> is <c>evt_</c> and this.</param>
/// <param name="Status">What the receiver answered last; null if it did not.</param>
/// <param name="Error">What went wrong in the last attempt; null if nothing did.</param>
/// <param name="DueAt">Of the next attempt; null if there is none.</param>
internal sealed record DeliveryView(
    string EventId, string Type, DeliveryState State, int Attempts, int? Status, string? Error, DateTimeOffset? DueAt,
    DateTimeOffset UpdatedAt)
{
    public static DeliveryView Of(WebhookDelivery d) => new(
        d.EventId.ToString(System.Globalization.CultureInfo.InvariantCulture), d.Type, d.State, d.Attempts, d.Status, d.Error, d.DueAt,
        d.UpdatedAt);
}
