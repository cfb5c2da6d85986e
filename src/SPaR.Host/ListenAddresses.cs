using System.Net;

namespace SPaR.Host;

/// <summary>Where the service listens.</summary>
/// <param name="Urls">Separated by semicolons.</param>
/// <param name="Reachable">The setting and its first address that other machines can reach, such as "Urls is 'http://0.0.0.0:80'"; null if
/// all are loopback.</param>
internal sealed record ListenAddresses(string Urls, string? Reachable)
{
    private const string Default = "http://127.0.0.1:8765";

    /// <exception cref="StartupException">A setting is not a valid address.</exception>
    public static ListenAddresses Read(IConfiguration configuration)
    {
        // Kestrel's own endpoints override Urls. HTTP_PORTS would open every interface, but Urls is always set and overrides it.
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren()
            .Select(endpoint => ReachableBy($"{endpoint.Path}:Url", endpoint["Url"] ?? ""));
        var urls = string.IsNullOrWhiteSpace(configuration["Urls"]) ? Default : configuration["Urls"]!;
        var all = urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(url => ReachableBy("Urls", url));
        return new(urls, endpoints.Concat(all).ToList().Find(reachable => reachable is not null));
    }

    /// <returns>Null for loopback.</returns>
    private static string? ReachableBy(string setting, string url)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            throw new StartupException($"{setting} is '{url}', which is not a valid address; write it as {Default}.");
        }

        // A unix socket is as private as its file. For any host that is not an IP address, Kestrel listens on every interface.
        return address.IsUnixPipe || address.IsNamedPipe || IsLoopback(address.Host) ? null : $"{setting} is '{url}'";
    }

    private static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
