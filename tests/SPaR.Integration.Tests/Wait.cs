using System.Runtime.CompilerServices;

namespace SPaR.Integration.Tests;

/// <summary>Waits for a condition, and fails with its text when it does not come true in time.</summary>
internal static class Wait
{
    public static Task UntilAsync(
        Func<bool> condition, double seconds = 30, [CallerArgumentExpression(nameof(condition))] string awaited = "") =>
        UntilAsync(() => Task.FromResult(condition()), seconds, awaited);

    public static async Task UntilAsync(
        Func<Task<bool>> condition, double seconds = 30, [CallerArgumentExpression(nameof(condition))] string awaited = "")
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            TimeProvider.System.GetElapsedTime(started).TotalSeconds.ShouldBeLessThan(seconds, $"waited in vain for {awaited}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
