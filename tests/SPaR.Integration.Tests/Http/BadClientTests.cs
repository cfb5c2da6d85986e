using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SPaR.Integration.Tests.Http;

/// <summary>Clients that stop in the middle of a body.</summary>
public sealed class BadClientTests(PostgresFixture postgres)
{
    private const int EachTime = 5;

    private static readonly (string Path, string Headers, string Body)[] Uploads =
    [
        ("/v1/keys", "Content-Type: application/json\r\nContent-Length: 10000", "{\"a\":1"),
        ("/v1/keys", "Content-Type: application/json\r\nTransfer-Encoding: chunked", "20\r\n{\"a\":1"),
        ("/v1/datasets", "Content-Type: application/x-ndjson\r\nContent-Length: 10000", "{\"a\":1}\n{\"a\""),
        ("/v1/datasets", "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked", "20\r\n{\"a\":1}\n{\"a\""),
        ("/v1/benchmarks?benchmark=ifeval", "Content-Type: application/json\r\nContent-Length: 10000", "[{\"a\":1"),
        ("/login", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10000", "key=a"),
    ];

    [Fact]
    public async Task A_body_that_ends_early_is_not_worth_a_line_in_the_log()
    {
        var log = new Log();
        var service = await HttpService.StartAsync(
            await postgres.MigratedDatabaseAsync(), null, [], [], services => services.AddSingleton<ILoggerProvider>(log));
        await using (service)
        {
            var address = new IPEndPoint(IPAddress.Loopback, service.Address.Port);
            await Task.WhenAll(
                from upload in Uploads
                from end in new Func<Socket, Task>[] { FinishAsync, CloseAsync, ResetAsync, StallAsync }
                from time in Enumerable.Range(0, EachTime)
                select SendAsync(address, service.Key, upload, end));
            (await service.GetAsync("/v1/runs")).ShouldBe(200);
        }

        log.Lines.ShouldBeEmpty();
    }

    private static async Task SendAsync(
        IPEndPoint address, string key, (string Path, string Headers, string Body) upload, Func<Socket, Task> end)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"POST {upload.Path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n{upload.Headers}\r\n\r\n{upload.Body}"));
        await end(socket);
    }

    private static async Task FinishAsync(Socket socket)
    {
        socket.Shutdown(SocketShutdown.Send);
        await EndAsync(socket);
    }

    private static Task CloseAsync(Socket socket)
    {
        socket.Close();
        return Task.CompletedTask;
    }

    private static Task ResetAsync(Socket socket)
    {
        socket.LingerState = new(true, 0);
        socket.Close();
        return Task.CompletedTask;
    }

    /// <summary>Until Kestrel gives up.</summary>
    private static Task StallAsync(Socket socket) => EndAsync(socket);

    private static async Task EndAsync(Socket socket)
    {
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(60)) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Kestrel may reset the connection: part of the body was never read.
        }
    }

    private sealed class Log : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        void ILogger.Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                Lines.Enqueue($"{formatter(state, exception)} {exception}");
        }

        public void Dispose()
        {
        }
    }
}
