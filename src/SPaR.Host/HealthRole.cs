namespace SPaR.Host;

/// <summary>Checks the health of the service with the same settings, <c>--role health</c>, for example as a container's health check. Exits
/// with 0 if it is healthy, otherwise with 1 and the reason. The environment says which role the service has.</summary>
internal static class HealthRole
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(8);

    /// <param name="settings">The service's, from its file and the environment.</param>
    public static async Task<int> RunAsync(IConfiguration settings, TimeProvider time)
    {
        var fault = string.Equals(settings["role"], nameof(Role.Worker), StringComparison.OrdinalIgnoreCase)
            ? Heartbeat.FaultIn(settings[Heartbeat.Setting], time)
            : await FaultAtAsync(Loopback(ListenAddresses.Read(settings).Urls));
        await (fault is null ? Console.Out.WriteLineAsync("ready") : Console.Error.WriteLineAsync($"spar: {fault}"));
        return fault is null ? 0 : 1;
    }

    /// <returns>Null if the service is ready.</returns>
    private static async Task<string?> FaultAtAsync(Uri service)
    {
        using var client = new HttpClient { Timeout = Timeout };
        try
        {
            using var response = await client.GetAsync(new Uri(service, "health/ready"));
            return response.IsSuccessStatusCode ? null : await response.Content.ReadAsStringAsync();
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return $"{service} does not answer: {e.Message}";
        }
    }

    /// <returns>The first address as it is reached from this machine: a wildcard address becomes loopback.</returns>
    private static Uri Loopback(string urls)
    {
        var address = BindingAddress.Parse(urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[0]);
        var host = address.Host is "0.0.0.0" or "*" or "+" or "[::]" ? "127.0.0.1" : address.Host;
        return new Uri($"{address.Scheme}://{host}:{address.Port}/");
    }
}
