using System.Net;

namespace SPaR.Host;

/// <summary>Where the service listens: on loopback and nowhere else, because it has no keys yet and whoever reaches it may do
/// everything.</summary>
internal static class ListenAddresses
{
    private const string Default = "http://127.0.0.1:8765";

    /// <exception cref="StartupException">A setting would open the service to others.</exception>
    public static string Read(IConfiguration configuration)
    {
        // Kestrel's own endpoints take the place of Urls; ports alone (HTTP_PORTS) would open every interface, but Urls take theirs.
        foreach (var endpoint in configuration.GetSection("Kestrel:Endpoints").GetChildren())
            Check($"{endpoint.Path}:Url", endpoint["Url"] ?? "");
        var urls = string.IsNullOrWhiteSpace(configuration["Urls"]) ? Default : configuration["Urls"]!;
        foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            Check("Urls", url);
        return urls;
    }

    private static void Check(string setting, string url)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            throw new StartupException($"{setting} is '{url}', which is no address; write it as {Default}.");
        }

        // A unix socket is as private as its file. Any host that is not an address makes Kestrel listen on every interface.
        if (!address.IsUnixPipe && !address.IsNamedPipe && !IsLoopback(address.Host))
            throw new StartupException(
                $"{setting} is '{url}', which others could reach; "
                + $"the service has no keys yet and listens on loopback only, as in {Default}.");
    }

    private static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
