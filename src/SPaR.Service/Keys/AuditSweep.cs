using System.Data.Common;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SPaR.Service.Logging;

namespace SPaR.Service.Keys;

/// <summary>Forgets, once an hour, what has stood in the audit log for as long as it is to be kept.</summary>
internal sealed class AuditSweep(AuditStore store, IOptions<KeysOptions> options, TimeProvider time, ILogger<AuditSweep> logger)
    : BackgroundService
{
    public static readonly TimeSpan Every = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                await store.ForgetBeforeAsync(time.GetUtcNow() - TimeSpan.FromDays(options.Value.AuditDays), stoppingToken);
            }
            catch (Exception e) when (e.GetBaseException() is DbException or SocketException or TimeoutException)
            {
                Log.AuditSweepFailed(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
