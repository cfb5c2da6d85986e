using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SPaR.Integration.Tests.Http;
using SPaR.Method;
using SPaR.Service.Live;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.Live;

/// <summary>The rows of live requests, for tests.</summary>
internal static class LiveRows
{
    /// <returns>The ids of those that a worker has, by their last message.</returns>
    public static async Task<IReadOnlyList<string>> RunningAsync(HttpService service)
    {
        await using var db = await service.Parts.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
        var running = await db.LiveRequests.AsNoTracking().Where(r => r.Status == RunStatus.Running).ToListAsync();
        return [.. running.OrderBy(r => r.Messages[^1].Content, StringComparer.Ordinal).Select(r => r.Id)];
    }
}
