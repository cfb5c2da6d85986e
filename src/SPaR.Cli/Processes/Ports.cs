using System.Net;
using System.Net.Sockets;

namespace SPaR.Cli.Processes;

/// <summary>Which ports of this machine are free at this moment.</summary>
internal static class Ports
{
    /// <param name="wanted">0: any.</param>
    /// <returns>The port, or null when it is taken.</returns>
    public static int? Free(IPAddress address, int wanted)
    {
        using var listener = new TcpListener(address, wanted);
        try
        {
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
