using System.Globalization;
using SPaR.Method.Input;

namespace SPaR.Service.Keys;

/// <summary>A key as it is asked for, checked.</summary>
/// <param name="Lasts">Null: until it is revoked.</param>
internal sealed record NewKey(string Name, Scope Scope, TimeSpan? Lasts, int? RequestsPerMinute, long? MaxBodyBytes)
{
    public const int NameLimit = 200;

    private const int LongestDays = 3650, MostRequests = 1_000_000;
    private const long LeastBody = 1L << 10, MostBody = 1L << 40;

    /// <summary>Reads what was written, on a command line or in JSON, and notes every fault.</summary>
    /// <param name="expires">A number and a unit: <c>90d</c>, <c>12h</c>, <c>30m</c>; null: never.</param>
    /// <returns>Null where there are errors.</returns>
    public static NewKey? Read(
        string? name, string? scope, string? expires, long? requestsPerMinute, long? maxBodyBytes, List<FieldError> errors)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > NameLimit || name.Any(char.IsControl))
            errors.Add(new("name", $"A name has 1 to {NameLimit} characters; it says whose key it is."));
        if (scope is null || !EnumName.TryParse<Scope>(scope, out var known))
        {
            known = default;
            errors.Add(new("scope", $"'{scope}' is none of read, submit, admin."));
        }

        var lasts = expires is null ? null : Duration(expires);
        if (expires is not null && lasts is null)
            errors.Add(new("expires", $"'{expires}' is no time from 1m to {LongestDays}d; write a number and m, h or d, as in 90d."));
        if (requestsPerMinute is < 1 or > MostRequests)
            errors.Add(new("requests_per_minute", $"requests_per_minute is {requestsPerMinute}; it must be 1 to {MostRequests}."));
        if (maxBodyBytes is < LeastBody or > MostBody)
            errors.Add(new("max_body_bytes", $"max_body_bytes is {maxBodyBytes}; it must be {LeastBody} to {MostBody}."));
        return errors.Count > 0 ? null : new(name!, known, lasts, (int?)requestsPerMinute, maxBodyBytes);
    }

    private static TimeSpan? Duration(string text)
    {
        if (text.Length < 2 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count is 0 or > LongestDays * 24 * 60)
            return null;
        TimeSpan? lasts = text[^1] switch
        {
            'm' => TimeSpan.FromMinutes(count),
            'h' => TimeSpan.FromHours(count),
            'd' => TimeSpan.FromDays(count),
            _ => null,
        };
        return lasts <= TimeSpan.FromDays(LongestDays) ? lasts : null;
    }
}
