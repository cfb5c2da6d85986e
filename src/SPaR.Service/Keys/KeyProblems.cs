using System.Globalization;
using Microsoft.AspNetCore.Http;
using SPaR.Method.Input;
using SPaR.Service.Http;

namespace SPaR.Service.Keys;

/// <summary>Why somebody is not let in, each with what to do next.</summary>
internal static class KeyProblems
{
    private const string HowToGet = "./spar keys create makes one on the machine of the service, POST /v1/keys with a key that has the "
        + "scope admin";

    public static Problem None { get; } = Unauthorized(
        "no-key", "This service is closed: send Authorization: Bearer and a key, or log in at /login with a browser. The clone that "
        + $"./spar up runs in has one in .spar/key; ./spar sends that of SPAR_KEY; {HowToGet}.");

    public static Problem Unknown { get; } = Unauthorized(
        "unknown-key", $"There is no such key. It is spar_, 32 digits, _ and 43 characters, all of it, as it was shown once; {HowToGet}.");

    public static Problem SessionOver { get; } = Unauthorized("session-over", "This login has ended; log in again at /login.");

    public static Problem ForeignOrigin { get; } = Forbidden(
        "foreign-origin", "A page of another origin may not change anything here. From a program send the key as Authorization: Bearer; "
        + "from a browser use the pages of this service.");

    /// <summary>Of an endpoint that does not say who may call it.</summary>
    public static Problem Undeclared { get; } = Forbidden(
        "scope-undeclared", "This address does not say who may call it, so nobody may; that is a fault of the service.");

    public static Problem Revoked(ApiKey key) => Unauthorized(
        "revoked-key", $"The key {key.Id} was revoked at {Time(key.RevokedAt)}; {HowToGet}.");

    public static Problem Expired(ApiKey key) => Unauthorized(
        "expired-key", $"The key {key.Id} expired at {Time(key.ExpiresAt)}; {HowToGet}.");

    public static Problem ScopeMissing(Scope needed, Scope had) => Forbidden(
        "scope-missing", $"This needs a key with the scope {EnumName.Of(needed)}; this one has {EnumName.Of(had)}. Use another key; {HowToGet}.");

    public static Problem TooManyFailures(TimeSpan wait) => TooMany(
        "too-many-failures", wait, "Too many keys from this address were wrong in a row");

    public static Problem TooManyRequests(TimeSpan wait, int perMinute) => TooMany(
        "too-many-requests", wait, $"This key may send {perMinute.ToString(CultureInfo.InvariantCulture)} requests a minute");

    public static Problem TooManyUnknown(TimeSpan wait, int perMinute) => TooMany(
        "too-many-requests", wait,
        $"Without a key an address may send {perMinute.ToString(CultureInfo.InvariantCulture)} requests a minute");

    private static Problem TooMany(string code, TimeSpan wait, string reason)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        return new(
            StatusCodes.Status429TooManyRequests, code,
            $"{reason}; try again in {seconds.ToString(CultureInfo.InvariantCulture)} s, as Retry-After says.")
        {
            RetryAfter = seconds,
        };
    }

    private static Problem Unauthorized(string code, string detail) => new(StatusCodes.Status401Unauthorized, code, detail);

    private static Problem Forbidden(string code, string detail) => new(StatusCodes.Status403Forbidden, code, detail);

    private static string Time(DateTimeOffset? at) => at!.Value.ToString("u", CultureInfo.InvariantCulture);
}
