using Npgsql;

namespace SPaR.Host;

/// <summary>A setting or a surrounding that the service cannot start with. The message names it and what to do.</summary>
internal sealed class StartupException(string message) : Exception(message);

/// <summary>What this process is told to be, checked before anything starts.</summary>
internal sealed record Settings(Role Role, ListenAddresses Listen, string ConnectionString)
{
    public bool Answers => Role is Role.Api or Role.All;

    public bool Works => Role is Role.Worker or Role.All;

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
                $"{reachable}, which others could reach, and Keys:Open would let them do everything. Listen on loopback, or leave "
                + "Keys:Open out: then keys decide.")
            : listen;
    }

    private static Role RoleOf(string? name) => name is null ? Role.All
        : Enum.TryParse<Role>(name, ignoreCase: true, out var role) && Enum.IsDefined(role) ? role
        : throw new StartupException($"--role is '{name}'; it must be api, worker, all, trainer, engine, bootstrap, keys or health.");

    private static string ConnectionStringOf(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw new StartupException(
                "no PostgreSQL is set: run ./spar up, which brings its own, or set ConnectionStrings:Spar (ConnectionStrings__Spar in the "
                + "environment) to one, as in Host=127.0.0.1;Username=spar;Password=...;Database=spar.");
        try
        {
            return new NpgsqlConnectionStringBuilder(text).ConnectionString;
        }
        catch (ArgumentException e)
        {
            throw new StartupException($"ConnectionStrings:Spar cannot be read: {e.Message}");
        }
    }
}

internal enum Role
{
    Api,
    Worker,
    All,
}
