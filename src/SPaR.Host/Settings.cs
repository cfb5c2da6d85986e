using Npgsql;

namespace SPaR.Host;

/// <summary>The service cannot start with this setting or environment. The message names it and the next action.</summary>
internal sealed class StartupException(string message) : Exception(message);

/// <summary>The settings that decide what this process is, checked before anything starts.</summary>
internal sealed record Settings(Role Role, ListenAddresses Listen, string ConnectionString)
{
    public bool ServesHttp => Role is Role.Api or Role.All;

    public bool RunsJobs => Role is Role.Worker or Role.All;

    /// <exception cref="StartupException"/>
    public static Settings Read(IConfiguration configuration) => new(
        RoleOf(configuration["role"]), ListenOf(configuration), ReadConnectionString(configuration));

    /// <exception cref="StartupException"/>
    public static string ReadConnectionString(IConfiguration configuration) =>
        ConnectionStringOf(configuration.GetConnectionString("Spar"));

    private static ListenAddresses ListenOf(IConfiguration configuration)
    {
        var listen = ListenAddresses.Read(configuration);
        return listen.Reachable is { } reachable && configuration.GetValue<bool>("Keys:Open")
            ? throw new StartupException(
                $"{reachable}, which other machines can reach, and Keys:Open would give them full access. Listen on loopback, or "
                + "remove Keys:Open to require keys.")
            : listen;
    }

    private static Role RoleOf(string? name) => name is null ? Role.All
        : Enum.TryParse<Role>(name, ignoreCase: true, out var role) && Enum.IsDefined(role) ? role
        : throw new StartupException($"--role is '{name}'; it must be api, worker, all, trainer, engine, bootstrap, keys or health.");

    private static string ConnectionStringOf(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw new StartupException(
                "ConnectionStrings:Spar is not set: run ./spar up, which brings its own PostgreSQL, or set it (ConnectionStrings__Spar in "
                + "the environment), for example to Host=127.0.0.1;Username=spar;Password=...;Database=spar.");
        try
        {
            return new NpgsqlConnectionStringBuilder(text).ConnectionString;
        }
        catch (ArgumentException e)
        {
            throw new StartupException($"ConnectionStrings:Spar is not valid: {e.Message}");
        }
    }
}

internal enum Role
{
    Api,
    Worker,
    All,
}
