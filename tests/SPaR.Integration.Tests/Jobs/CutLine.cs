using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace SPaR.Integration.Tests.Jobs;

/// <summary>A connection to the database that can be cut; to all others its user then looks dead.</summary>
internal sealed class CutLine : IDisposable
{
    private readonly CancellationTokenSource _cut = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, bool> _open = [];
    private readonly int _target;
    private Task _stall = Task.CompletedTask;

    public CutLine(int target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public static CutLine To(string database) => new(new NpgsqlConnectionStringBuilder(database).Port);

    /// <returns>The connection string of a database, by way of this line.</returns>
    public string Through(string database) => new NpgsqlConnectionStringBuilder(database) { Port = Port }.ConnectionString;

    /// <summary>Resets what is connected now; later connections work.</summary>
    public void Reset()
    {
        foreach (var (client, _) in _open)
        {
            client.LingerState = new(true, 0);
            client.Close();
        }
    }

    /// <summary>Lets nothing through until the task ends, as if the user were frozen.</summary>
    public void StallUntil(Task thawed) => _stall = thawed;

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose()
    {
        if (_cut.IsCancellationRequested)
            return;
        _cut.Cancel();
        _listener.Dispose();
        _cut.Dispose();
    }

    private async Task AcceptAsync()
    {
        var stop = _cut.Token;
        while (!stop.IsCancellationRequested)
            _ = ForwardAsync(await _listener.AcceptTcpClientAsync(stop), stop);
    }

    private async Task ForwardAsync(TcpClient near, CancellationToken stop)
    {
        using var here = near;
        using var there = new TcpClient();
        await there.ConnectAsync(IPAddress.Loopback, _target, stop);
        _open[here] = true;
        await Task.WhenAny(
            CopyAsync(here.GetStream(), there.GetStream(), stop), CopyAsync(there.GetStream(), here.GetStream(), stop));
        _open.TryRemove(here, out _);
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, CancellationToken stop)
    {
        var buffer = new byte[16_384];
        while (await from.ReadAsync(buffer, stop) is > 0 and var read)
        {
            await _stall.WaitAsync(stop);
            await to.WriteAsync(buffer.AsMemory(0, read), stop);
        }
    }
}
