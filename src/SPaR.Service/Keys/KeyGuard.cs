using SPaR.Service.Logging;

namespace SPaR.Service.Keys;

/// <summary>Runs before the service listens. Creates the key of <see cref="KeysOptions.File"/>, and refuses to start if other machines
/// could reach a service that has no key.</summary>
internal sealed class KeyGuard(
    Reach reach, KeyStore store, IOptions<KeysOptions> options, TimeProvider time, ILogger<KeyGuard> logger) : IHostedService
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <exception cref="UnguardedException">Other machines could reach the service, and there is no live key.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.File is { Length: > 0 } file)
            await WriteKeyFileAsync(Path.GetFullPath(file), cancellationToken);
        if (options.Value.Open)
            logger.OpenMode();
        else if (!await store.AnyLiveAsync(cancellationToken))
            RequireKey();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void RequireKey()
    {
        const string how = "create one with ./spar keys create --name first --scope admin (without a clone: run the service's program "
            + "with --role keys create --name first --scope admin)";
        if (reach.Address is { } address)
            throw new UnguardedException($"{address}, which other machines can reach, but there is no live key: {how}.");
        logger.NoLiveKey(how);
    }

    private async Task WriteKeyFileAsync(string file, CancellationToken cancellationToken)
    {
        if (await HoldsLiveKeyAsync(file, cancellationToken))
            return;
        var name = $"kept in {file}";
        var (key, text) = store.New(new(name[..Math.Min(name.Length, NewKey.NameLimit)], Scope.Admin, null, null, null));
        await store.AddAsync(key, EntryOf(file, key), cancellationToken);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        // The file appears only when complete, and at no moment can other users read it.
        var part = $"{file}.{key.Id}";
        var creating = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            creating.UnixCreateMode = OwnerOnly;
        await using (var writer = new StreamWriter(part, creating))
            await writer.WriteLineAsync(text);
        File.Move(part, file, overwrite: true);
        logger.KeyFileWritten(key.Id, file);
    }

    private async Task<bool> HoldsLiveKeyAsync(string file, CancellationToken cancellationToken)
    {
        if (!File.Exists(file) || KeyText.Read((await File.ReadAllTextAsync(file, cancellationToken)).Trim()) is not { } kept)
            return false;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, OwnerOnly);
        var key = await store.FindAsync(kept.Digits, cancellationToken);
        return kept.Matches(key?.Hash) && key!.IsLive(time.GetUtcNow()) && key.Scope == Scope.Admin;
    }

    private AuditEntry EntryOf(string file, ApiKey key) => new()
    {
        Id = Ids.New("aud", time),
        At = time.GetUtcNow(),
        RemoteAddress = $"{Environment.UserName}@{Environment.MachineName}",
        Method = "create",
        Route = "Keys:File",
        Path = $"/v1/keys/{key.Id}",
        Status = 0,
        Created = file,
        TraceId = "",
    };
}

/// <summary>Whether other machines can reach this service.</summary>
/// <param name="Address">The setting and address that they can reach, such as "Urls is 'http://0.0.0.0:80'"; null if all are
/// loopback.</param>
public sealed record Reach(string? Address);

/// <summary>The service would be reachable without any key. The message says what to do.</summary>
public sealed class UnguardedException(string message) : Exception(message);
