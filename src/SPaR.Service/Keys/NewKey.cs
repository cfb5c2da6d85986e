using System.Globalization;
using SPaR.Method.Input;

namespace SPaR.Service.Keys;

/// <summary>A validated request for a key.</summary>
/// <param name="Lifetime">Null: until it is revoked.</param>
internal sealed record NewKey(string Name, Scope Scope, TimeSpan? Lifetime, int? RequestsPerMinute, long? MaxBodyBytes)
{
    public const int NameLimit = 200;

    private const int MaxDays = 3650, MaxRequestsPerMinute = 1_000_000;
    private const long SmallestBody = 1L << 10, LargestBody = 1L << 40;

    /// <summary>Validates options from a command line or JSON and adds every error.</summary>
    /// <param name="expires">A number and a unit: <c>90d</c>, <c>12h</c>, <c>30m</c>; null: never.</param>
    /// <returns>Null if there are errors.</returns>
    public static NewKey? Read(
        string? name, string? scope, string? expires, long? requestsPerMinute, long? maxBodyBytes, List<FieldError> errors)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > NameLimit || name.Any(char.IsControl))
            errors.Add(new("name", $"name must have 1 to {NameLimit} characters and no control characters; say whose key it is."));
        if (scope is null || !EnumName.TryParse<Scope>(scope, out var known))
        {
            known = default;
            errors.Add(new("scope", $"Unknown scope '{scope}'; use read, submit or admin."));
        }

        var lifetime = expires is null ? null : Duration(expires);
        if (expires is not null && lifetime is null)
            errors.Add(new("expires", $"expires is '{expires}'; it must be 1m to {MaxDays}d: a number and m, h or d, such as 90d."));
        if (requestsPerMinute is < 1 or > MaxRequestsPerMinute)
            errors.Add(new("requests_per_minute", $"requests_per_minute is {requestsPerMinute}; it must be 1 to {MaxRequestsPerMinute}."));
        if (maxBodyBytes is < SmallestBody or > LargestBody)
            errors.Add(new("max_body_bytes", $"max_body_bytes is {maxBodyBytes}; it must be {SmallestBody} to {LargestBody}."));
        return errors.Count > 0 ? null : new(name!, known, lifetime, (int?)requestsPerMinute, maxBodyBytes);
    }

    private static TimeSpan? Duration(string text)
    {
        if (text.Length < 2 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count is 0 or > MaxDays * 24 * 60)
            return null;
        TimeSpan? lifetime = text[^1] switch
        {
            'm' => TimeSpan.FromMinutes(count),
            'h' => TimeSpan.FromHours(count),
            'd' => TimeSpan.FromDays(count),
            _ => null,
        };
        return lifetime <= TimeSpan.FromDays(MaxDays) ? lifetime : null;
    }
}
