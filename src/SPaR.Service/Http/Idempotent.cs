namespace SPaR.Service.Http;

/// <summary>Says that an endpoint takes an <c>Idempotency-Key</c>, and how its answer is found again if the process died between the
/// commit and the answer.</summary>
/// <param name="ShownBy">The name of the GET endpoint that shows the result; null where the answer is stored with the change
/// (<see cref="AnswerForeseen"/>), or where a second time changes nothing and gives the same answer.</param>
/// <param name="Creates">The row that it creates; null where it changes what its address names.</param>
public sealed record IdempotentEndpoint(string? ShownBy, Type? Creates);

/// <summary>Gives the answer before the transaction that it depends on is committed, for what no GET shows later, such as a secret. It is a
/// feature of requests with an <c>Idempotency-Key</c>.</summary>
/// <param name="body">Is written as JSON.</param>
internal delegate void AnswerForeseen(int status, string? location, object? body);

public static class IdempotentConventions
{
    public const string Header = "Idempotency-Key";

    /// <inheritdoc cref="IdempotentEndpoint"/>
    internal static T Idempotent<T>(this T endpoint, string? shownBy = null, Type? creates = null)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new IdempotentEndpoint(shownBy, creates));
}
