using System.Collections.Concurrent;
using Npgsql;
using SPaR.Service.Logging;

namespace SPaR.Service.Events;

/// <summary>Tells at once when a run, a training or an evaluation changes, or something of a live request, in any process. A signal is a
/// hint and may be lost with a connection: a listener reads the rows, and polls them now and then as well.</summary>
internal sealed class RunSignals(NpgsqlDataSource source, TimeProvider time, ILogger<RunSignals> logger) : BackgroundService
{
    public const string Channel = "spar_runs";

    /// <summary>For workers: a live request waits, or is not wanted any more.</summary>
    public const string LiveRequests = "spar_live_requests";

    /// <summary>For who waits for a live request: there is more output, or the end.</summary>
    public const string LiveOutputs = "spar_live_outputs";

    private readonly ConcurrentDictionary<object, (string Channel, Action<string> Heard)> _listeners = new();

    /// <param name="heard">Called with the id of what changed; must not block.</param>
    /// <returns>Ends the subscription.</returns>
    public IDisposable Subscribe(Action<string> heard, string channel = Channel) => new Subscription(_listeners, (channel, heard));

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
            foreach (var (channel, heard) in _listeners.Values)
                if (channel == signal.Channel)
                    heard(signal.Payload);
        };
        await using (var listen = new NpgsqlCommand($"LISTEN {Channel}; LISTEN {LiveRequests}; LISTEN {LiveOutputs}", connection))
            await listen.ExecuteNonQueryAsync(stoppingToken);
        while (true)
            await connection.WaitAsync(stoppingToken);
    }

    private sealed class Subscription : IDisposable
    {
        private readonly ConcurrentDictionary<object, (string, Action<string>)> _listeners;

        public Subscription(
            ConcurrentDictionary<object, (string, Action<string>)> listeners, (string Channel, Action<string> Heard) listener)
        {
            _listeners = listeners;
            listeners[this] = listener;
        }

        public void Dispose() => _listeners.TryRemove(this, out _);
    }
}
