using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SPaR.Method.Input;
using SPaR.Service.Http;

namespace SPaR.Service.Events;

/// <summary>What a request for the events of a subject says.</summary>
/// <param name="After">Events after this id.</param>
/// <param name="Limit">Events per page, 1 to 200; 50 by default.</param>
/// <param name="LastEventId">Where a stream resumes.</param>
internal readonly record struct EventQuery(
    [property: FromQuery(Name = "after")] string? After, [property: FromQuery(Name = "limit")] int? Limit,
    [property: FromHeader(Name = "Last-Event-ID")] string? LastEventId);

/// <summary>Answers requests for events: as a page, or as a stream to those who accept <c>text/event-stream</c>.</summary>
internal static class EventEndpoints
{
    public const string Description =
        "The answer is a page of events, the oldest first. With Accept: text/event-stream it is a stream: an event 'progress' with the "
        + "whole progress at once, after every change and every 20 seconds, and every event under its type, with its id; it closes when "
        + "the subject has ended. A "
        + "client that reconnects with Last-Event-ID gets all events since.";

    /// <typeparam name="T">The row of the subject.</typeparam>
    /// <param name="read">Reads the progress; null when the subject no longer exists.</param>
    public static async Task<Results<Ok<Page<EventView>>, ServerSentEventsResult<object>, NotFoundProblem>> AnswerAsync<T>(
        HttpRequest request, string what, string subject, EventQuery query, SparDb db, ProgressStreams streams,
        Func<SparDb, CancellationToken, Task<Progress?>> read, CancellationToken cancellationToken)
        where T : class
    {
        if (!await db.Set<T>().AnyAsync(row => EF.Property<string>(row, "Id") == subject, cancellationToken))
            return NotFoundProblem.Of(what, subject);
        return EventStream.Asked(request) is EventStream.ServerSent
            ? TypedResults.ServerSentEvents(streams.ReadAsync(subject, read, query.LastEventId ?? query.After, cancellationToken))
            : TypedResults.Ok(await PageAsync(db, subject, query, cancellationToken));
    }

    public static async Task<Page<EventView>> PageAsync(
        SparDb db, string subject, EventQuery query, CancellationToken cancellationToken)
    {
        var page = new PageQuery(query.After, query.Limit);
        var (after, take) = (AfterOf(query.After), page.Take);
        var events = await db.Events.AsNoTracking().Where(e => e.Subject == subject && e.Id > after).OrderBy(e => e.Id).Take(take)
            .ToListAsync(cancellationToken);
        return page.Of(events.ConvertAll(EventView.Of), e => e.Id);
    }

    /// <exception cref="InvalidInputException">It is not the id of an event.</exception>
    public static long AfterOf(string? after) => after is null ? 0
        : long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id
        : throw new InvalidInputException("invalid-page", [new("after", $"'{after}' is not the id of an event.")]);
}
