using System.Net;
using System.Net.Sockets;

namespace SPaR.Cli.Processes;

/// <summary>Finds ports that are free at the moment.</summary>
internal static class Ports
{
    /// <param name="wanted">0 for any.</param>
    /// <returns>The port, or null if it is taken.</returns>
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
