namespace SPaR.Service.Webhooks;

/// <summary>When a delivery that failed is tried again: the schedule that Standard Webhooks recommends.</summary>
internal static class RetrySchedule
{
    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10), TimeSpan.FromHours(14),
    ];

    /// <param name="attempts">That have failed.</param>
    /// <returns>Null if it is not tried again.</returns>
    public static TimeSpan? After(int attempts) => attempts <= Waits.Length ? Waits[attempts - 1] : null;
}
