using System.Net;
using System.Net.Sockets;

namespace SPaR.Service.Keys;

/// <summary>The client's address, for counting its requests and failures.</summary>
internal static class RemoteAddress
{
    private const int NetworkBytes = 8;

    /// <returns>An IPv4 address, or the /64 network of an IPv6 address: a single machine may use all of it.</returns>
    public static string Of(HttpContext http) => Of(http.Connection.RemoteIpAddress);

    /// <param name="address">Null for a unix socket.</param>
    internal static string Of(IPAddress? address)
    {
        if (address is null)
            return "local";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address))
            return address.ToString();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
