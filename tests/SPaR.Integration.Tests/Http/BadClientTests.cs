using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SPaR.Integration.Tests.Http;

/// <summary>Clients that stop in the middle of a body.</summary>
public sealed class BadClientTests(SharedService shared) : IClassFixture<SharedService>
{
    public static TheoryData<string, string> Uploads { get; } = new()
    {
        { "/v1/keys", "Content-Type: application/json\r\nContent-Length: 10000" },
        { "/v1/keys", "Content-Type: application/json\r\nTransfer-Encoding: chunked" },
        { "/v1/datasets", "Content-Type: application/x-ndjson\r\nContent-Length: 10000" },
        { "/v1/datasets", "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked" },
        { "/v1/instruction-sets?name=a", "Content-Type: application/json\r\nTransfer-Encoding: chunked" },
    };

    [Theory]
    [MemberData(nameof(Uploads))]
    public async Task A_body_that_ends_early_harms_nobody(string path, string headers)
    {
        foreach (var end in new Action<Socket>[]
        {
            socket => socket.Shutdown(SocketShutdown.Send), socket => socket.Dispose(), socket => socket.Close(0), socket => Reset(socket),
        })
            for (var i = 0; i < 10; i++)
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, shared.Service.Address.Port);
                await socket.SendAsync(Encoding.ASCII.GetBytes(
                    $"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {shared.Service.Key}\r\n{headers}\r\n\r\n"
                    + (headers.Contains("chunked", StringComparison.Ordinal) ? "20\r\n{\"a\":1}\n{\"a\":1}\n{\"a\"" : "{\"a\":1}\n{\"a\"")));
                await Task.Delay(20 * i);
                end(socket);
            }

        (await shared.Service.GetAsync("/v1/runs")).ShouldBe(200);
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new(true, 0);
        socket.Dispose();
    }
}
