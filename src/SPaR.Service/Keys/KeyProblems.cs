using System.Globalization;
using SPaR.Method.Input;
using SPaR.Service.Http;

namespace SPaR.Service.Keys;

/// <summary>The reasons for refusing a request, each with the next action.</summary>
internal static class KeyProblems
{
    private const string HowToGet = "create one with ./spar keys create on the service's machine, or with POST /v1/keys and a key of the "
        + "scope admin";

    // How long a stream lasts is not known.
    private static readonly TimeSpan StreamWait = TimeSpan.FromSeconds(5);

    public static Problem None { get; } = Unauthorized(
        "no-key", "A key is required: send it as Authorization: Bearer, or log in at /login with a browser. ./spar up keeps one in "
        + $".spar/key, and ./spar sends the one in SPAR_KEY. If you have none, {HowToGet}.");

    public static Problem Unknown { get; } = Unauthorized(
        "unknown-key", "Unknown key. Check that it is complete: spar_, 32 digits, _ and 43 characters. If it is lost, "
        + $"{HowToGet}.");

    public static Problem SessionOver { get; } = Unauthorized("session-over", "This login has expired; log in again at /login.");

    public static Problem ForeignOrigin { get; } = Forbidden(
        "foreign-origin", "Pages of other origins may not change anything here. In a program, send the key as Authorization: Bearer; "
        + "in a browser, use this service's own pages.");

    /// <summary>For an endpoint that declares no scope.</summary>
    public static Problem Undeclared { get; } = Forbidden(
        "scope-undeclared", "This endpoint declares no scope, so nobody may call it. This is a bug in the service; please report it.");

    public static Problem Revoked(ApiKey key) => Unauthorized(
        "revoked-key", $"Key {key.Id} was revoked at {Time(key.RevokedAt)}; {HowToGet}.");

    public static Problem Expired(ApiKey key) => Unauthorized(
        "expired-key", $"Key {key.Id} expired at {Time(key.ExpiresAt)}; {HowToGet}.");

    public static Problem ScopeMissing(Scope needed, Scope actual) => Forbidden(
        "scope-missing",
        $"This needs a key with the scope {EnumName.Of(needed)}; yours has {EnumName.Of(actual)}. Use another key, or {HowToGet}.");

    public static Problem TooManyFailures(TimeSpan wait) => TooMany(
        "too-many-failures", wait, "Too many wrong keys in a row from this address");

    public static Problem TooManyRequests(TimeSpan wait, int perMinute) => TooMany(
        "too-many-requests", wait, $"This key may send {perMinute.ToString(CultureInfo.InvariantCulture)} requests a minute");

    public static Problem TooManyUnknown(TimeSpan wait, int perMinute) => TooMany(
        "too-many-requests", wait,
        $"Without a key, an address may send {perMinute.ToString(CultureInfo.InvariantCulture)} requests a minute");

    public static Problem TooManyStreams(int most) => TooMany(
        "too-many-streams", StreamWait,
        $"This key has {most.ToString(CultureInfo.InvariantCulture)} uploads, downloads and event streams open, the most it may have");

    private static Problem TooMany(string code, TimeSpan wait, string reason)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        return new(
            StatusCodes.Status429TooManyRequests, code,
            $"{reason}; retry in {seconds.ToString(CultureInfo.InvariantCulture)} s (see Retry-After).")
        {
            RetryAfter = seconds,
        };
    }

    private static Problem Unauthorized(string code, string detail) => new(StatusCodes.Status401Unauthorized, code, detail);

    private static Problem Forbidden(string code, string detail) => new(StatusCodes.Status403Forbidden, code, detail);

    private static string Time(DateTimeOffset? at) => at!.Value.ToString("u", CultureInfo.InvariantCulture);
}
