using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SPaR.Service.Logging;
using SPaR.Service.Storage;

namespace SPaR.Service.Keys;

/// <summary>Before the service listens: makes the key that it is to keep in a file, and refuses to be reached by others while there is no
/// key at all.</summary>
internal sealed class KeyGuard(
    Reach reach, KeyStore store, IOptions<KeysOptions> options, TimeProvider time, ILogger<KeyGuard> logger) : IHostedService
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <exception cref="UnguardedException">Others could reach the service, and no key would let anybody in.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.File is { Length: > 0 } file)
            await KeepAsync(Path.GetFullPath(file), cancellationToken);
        if (options.Value.Open)
            Log.Open(logger);
        else if (!await store.AnyLiveAsync(cancellationToken))
            Unguarded();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Unguarded()
    {
        const string how = "make one with ./spar keys create --name first --scope admin (without a clone: the service's program with "
            + "--role keys create --name first --scope admin)";
        if (reach.ByOthers is { } address)
            throw new UnguardedException($"{address}, which others could reach, and there is no live key: {how}.");
        Log.NoKeys(logger, how);
    }

    private async Task KeepAsync(string file, CancellationToken cancellationToken)
    {
        if (await HoldsLiveKeyAsync(file, cancellationToken))
            return;
        var name = $"kept in {file}";
        var (key, text) = await store.CreateAsync(
            new(name[..Math.Min(name.Length, NewKey
                .NameLimit)], Scope.Admin, null, null, null), made => NoteOf(file, made), cancellationToken);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        // The file appears when it is whole, and is never to be read by others, not for a moment.
        var part = $"{file}.{key.Id}";
        var creating = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            creating.UnixCreateMode = OwnerOnly;
        await using (var writer = new StreamWriter(part, creating))
            await writer.WriteLineAsync(text);
        File.Move(part, file, overwrite: true);
        Log.KeyKept(logger, key.Id, file);
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

    private AuditEntry NoteOf(string file, ApiKey key) => new()
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

/// <summary>Who can reach this service.</summary>
/// <param name="ByOthers">The setting and the address that lets others in, as in "Urls is 'http://0.0.0.0:80'"; null where the machine
/// itself is all.</param>
public sealed record Reach(string? ByOthers);

/// <summary>The service would stand open, or closed to everybody. The message says what to do.</summary>
public sealed class UnguardedException(string message) : Exception(message);
