namespace SPaR.Jobs.Hangfire;

/// <summary>Hangfire keeps the times of waiting jobs in whole seconds, cut off.</summary>
internal static class HangfireTime
{
    /// <returns>The whole second at or after it, in UTC: a job that is to wait four seconds does not wait three.</returns>
    public static DateTime NoSooner(DateTimeOffset time) =>
        DateTime.UnixEpoch.AddSeconds(Math.Ceiling((time - DateTimeOffset.UnixEpoch).TotalSeconds));
}
