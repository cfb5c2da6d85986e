namespace SPaR.Cli.Postgres;

/// <summary>Options of the private cluster.</summary>
internal sealed record PostgresOptions
{
    /// <summary>Syncs nothing to disk. A killed server loses nothing, a power failure everything. For tests only.</summary>
    public bool FastUnsafe { get; init; }

    /// <summary>The server's limit of connections; null for PostgreSQL's default, 100.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>The time until the server must accept connections, including crash recovery.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Folders to look for the server's programs in; null for those of PATH and of the distribution.</summary>
    public IReadOnlyList<string>? BinaryFolders { get; init; }
}

/// <summary>The private PostgreSQL cannot run. The message says why and what to do.</summary>
internal sealed class PostgresUnavailableException(string message) : Exception(message);
