using System.Collections.Concurrent;
using Npgsql;
using SPaR.Service.Logging;

namespace SPaR.Service.Events;

/// <summary>Tells at once when a run, a training or an evaluation changes, in any process. A signal is a hint and may be lost with a
/// connection: a listener reads the rows, and polls them now and then as well.</summary>
internal sealed class RunSignals(NpgsqlDataSource source, TimeProvider time, ILogger<RunSignals> logger) : BackgroundService
{
    public const string Channel = "spar_runs";

    private readonly ConcurrentDictionary<object, Action<string>> _listeners = new();

    /// <param name="heard">Called with the id of what changed; must not block.</param>
    /// <returns>Ends the subscription.</returns>
    public IDisposable Subscribe(Action<string> heard) => new Subscription(_listeners, heard);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (Exception error) when (error.IsDatabaseError())
            {
                logger.SignalsLost(error);
                await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken);
            }
        }
    }

    private async Task ListenAsync(CancellationToken stoppingToken)
    {
        await using var connection = await source.OpenConnectionAsync(stoppingToken);
        connection.Notification += (_, signal) =>
        {
            foreach (var heard in _listeners.Values)
                heard(signal.Payload);
        };
        await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection))
            await listen.ExecuteNonQueryAsync(stoppingToken);
        while (true)
            await connection.WaitAsync(stoppingToken);
    }

    private sealed class Subscription : IDisposable
    {
        private readonly ConcurrentDictionary<object, Action<string>> _listeners;

        public Subscription(ConcurrentDictionary<object, Action<string>> listeners, Action<string> heard)
        {
            _listeners = listeners;
            listeners[this] = heard;
        }

        public void Dispose() => _listeners.TryRemove(this, out _);
    }
}
