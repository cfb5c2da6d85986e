namespace SPaR.Host;

/// <summary>Whether the service that runs beside this process with the same settings is well, <c>--role health</c>: for whoever
/// supervises it, as a container's health check does. Ends with 0 where it is, and with 1 and the reason where it is not. What the
/// service's own role is, the environment says.</summary>
internal static class HealthRole
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <param name="settings">Of the service: from its file and the environment.</param>
    public static async Task<int> RunAsync(IConfiguration settings, TimeProvider time)
    {
        var fault = string.Equals(settings["role"], nameof(Role.Worker), StringComparison.OrdinalIgnoreCase)
            ? Heartbeat.FaultIn(settings[Heartbeat.Setting], time)
            : await FaultAtAsync(Loopback(ListenAddresses.Read(settings).Urls));
        await (fault is null ? Console.Out.WriteLineAsync("ready") : Console.Error.WriteLineAsync($"spar: {fault}"));
        return fault is null ? 0 : 1;
    }

    /// <returns>Null where it is ready.</returns>
    private static async Task<string?> FaultAtAsync(Uri service)
    {
        using var client = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await client.GetAsync(new Uri(service, "health/ready"));
            return answer.IsSuccessStatusCode ? null : await answer.Content.ReadAsStringAsync();
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return $"{service} does not answer: {e.Message}";
        }
    }

    /// <returns>The first of the addresses, as it is reached from here: what listens on every interface listens on loopback, too.</returns>
    private static Uri Loopback(string urls)
    {
        var address = BindingAddress.Parse(urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[0]);
        var host = address.Host is "0.0.0.0" or "*" or "+" or "[::]" ? "127.0.0.1" : address.Host;
        return new Uri($"{address.Scheme}://{host}:{address.Port}/");
    }
}
