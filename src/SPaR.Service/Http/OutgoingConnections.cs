using System.Net;
using System.Net.Sockets;

namespace SPaR.Service.Http;

/// <summary>Connections to addresses that a caller of the API has named. They lead to public addresses only, whatever a name resolves to
/// at the moment of connecting, unless the operator allows others; redirects are not followed.</summary>
internal static class OutgoingConnections
{
    public static HttpClient Create(bool allowPrivate, TimeSpan timeout) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, allowPrivate, cancellationToken),
    })
    { Timeout = timeout };

    /// <returns>What is wrong with an address, for its caller; null if nothing is.</returns>
    public static string? FaultOf(string address, bool allowPrivate)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0
            || address.Contains('\\'))
            return "must be an address that starts with http:// or https://.";
        if (uri.UserInfo.Length > 0)
            return "must not contain a user name or a password.";
        return !allowPrivate && IPAddress.TryParse(uri.DnsSafeHost, out var literal) && !IsPublic(literal)
            ? "leads to a private address. The operator can allow that with Webhooks:AllowPrivate."
            : null;
    }

    /// <summary>Not of this machine, its networks, or a special range.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return bytes is not ([0 or 10 or 127, ..] or [100, >= 64 and <= 127, ..] or [169, 254, ..] or [172, >= 16 and <= 31, ..]
                or [192, 168, ..] or [192, 0, 0 or 2, _] or [198, 18 or 19, ..] or [198, 51, 100, _] or [203, 0, 113, _] or [>= 224, ..]);
        // 6to4, Teredo and NAT64 hold an IPv4 address, which may be a private one.
        return !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal && !address.IsIPv6SiteLocal && !address.IsIPv6Multicast
            && !address.IsIPv6UniqueLocal && !address.IsIPv6Teredo && !address.Equals(IPAddress.IPv6Any)
            && bytes is not ([0x20, 0x02, ..] or [0x00, 0x64, 0xff, 0x9b, ..] or [0x20, 0x01, 0x0d, 0xb8, ..]
                or [0, 0, 0, 0, 0, 0, 0, 0, ..]);
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint to, bool allowPrivate, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(to.Host, out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(to.Host, cancellationToken);
        var allowed = allowPrivate ? addresses : Array.FindAll(addresses, IsPublic);
        if (allowed.Length == 0)
            throw new HttpRequestException(
                $"{to.Host} leads to a private address, and Webhooks:AllowPrivate is not set on the service.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, to.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
