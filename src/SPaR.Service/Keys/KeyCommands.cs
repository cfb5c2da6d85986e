using System.Globalization;
using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Http;

namespace SPaR.Service.Keys;

/// <summary>Manages keys directly in the database, without a running service and without a key. Results go to
/// <paramref name="output"/>, messages to <paramref name="notes"/>.</summary>
public sealed class KeyCommands(IServiceProvider services, TextWriter output, TextWriter notes)
{
    private const int Done = 0, Failed = 1;

    private readonly KeyStore _store = (KeyStore)services.GetService(typeof(KeyStore))!;
    private readonly TimeProvider _time = (TimeProvider)services.GetService(typeof(TimeProvider))!;

    /// <param name="words"><c>create</c>, <c>list</c> or <c>revoke ID</c>.</param>
    /// <param name="options">From the command line: <c>name</c>, <c>scope</c>, <c>expires</c>, <c>requests-per-minute</c>,
    /// <c>max-body</c>, <c>json</c>.</param>
    /// <returns>The exit code.</returns>
    public Task<int> RunAsync(IReadOnlyList<string> words, IConfiguration options, CancellationToken cancellationToken)
    {
        var json = string.Equals(options["json"], "true", StringComparison.OrdinalIgnoreCase);
        return words switch
        {
            ["create"] => CreateAsync(options, json, cancellationToken),
            ["list"] => ListAsync(json, cancellationToken),
            ["revoke", var id] => RevokeAsync(id, json, cancellationToken),
            _ => FailAsync("Use create --name NAME --scope read|submit|admin [--expires 90d] [--requests-per-minute N] "
                + "[--max-body BYTES], list, or revoke ID; add --json=true for JSON."),
        };
    }

    private async Task<int> CreateAsync(IConfiguration options, bool json, CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        var request = NewKey.Read(
            options["name"], options["scope"], options["expires"], Number("requests-per-minute"), Number("max-body"), errors);
        if (request is null)
            return await FailAsync(string.Join(" ", errors.Select(e => e.Message)));
        var (key, text) = _store.New(request);
        await _store.AddAsync(key, EntryOf("create", key), cancellationToken);
        var expiry = key.ExpiresAt is { } end ? $", valid until {Time(end)}" : "";
        await notes.WriteLineAsync(
            $"Created key {key.Id} with the scope {EnumName.Of(key.Scope)}{expiry}. Save it now: it is not shown again.");
        await output.WriteLineAsync(json ? JsonSerializer.Serialize(new NewKeyView(text, KeyView.Of(key)), ApiJson.Options) : text);
        return Done;

        long? Number(string name)
        {
            if (options[name] is not { } written)
                return null;
            if (long.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return number;
            errors.Add(new(name, $"--{name} is '{written}'; it must be a whole number."));
            return null;
        }
    }

    private async Task<int> ListAsync(bool json, CancellationToken cancellationToken)
    {
        var keys = new List<KeyView>();
        string? after = null;
        do
        {
            var query = new PageQuery(after, null);
            var page = query.Of(await _store.ListAsync(query, cancellationToken), k => k.Id);
            keys.AddRange(page.Data.Select(KeyView.Of));
            after = page.After;
        }
        while (after is not null);
        if (json)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(keys, ApiJson.Options));
            return Done;
        }

        var now = _time.GetUtcNow();
        string[] head = ["id", "scope", "state", "created", "last used", "name"];
        var rows = keys.ConvertAll(k => new[]
        {
            k.Id, EnumName.Of(k.Scope), StateOf(k, now), Time(k.CreatedAt), k.LastUsedAt is { } used ? Time(used) : "never", k.Name,
        });
        rows.Insert(0, head);
        foreach (var row in rows)
            await output.WriteLineAsync(string.Join("  ", row.Select((cell, i) => cell.PadRight(rows.Max(r => r[i].Length)))).TrimEnd());
        return Done;
    }

    private async Task<int> RevokeAsync(string id, bool json, CancellationToken cancellationToken)
    {
        if (await _store.RevokeAsync(id, revoked => EntryOf("revoke", revoked), cancellationToken) is not { } key)
            return await FailAsync($"There is no key '{id}'; ./spar keys list shows all keys.");
        await notes.WriteLineAsync($"Key {key.Id} ({key.Name}) was revoked at {Time(key.RevokedAt!.Value)}.");
        if (json)
            await output.WriteLineAsync(JsonSerializer.Serialize(KeyView.Of(key), ApiJson.Options));
        return Done;
    }

    private async Task<int> FailAsync(string message)
    {
        await notes.WriteLineAsync($"error: {message}");
        return Failed;
    }

    private AuditEntry EntryOf(string verb, ApiKey key) => new()
    {
        Id = Ids.New("aud", _time),
        At = _time.GetUtcNow(),
        RemoteAddress = $"{Environment.UserName}@{Environment.MachineName}",
        Method = verb,
        Route = "--role keys",
        Path = $"/v1/keys/{key.Id}",
        Status = Done,
        TraceId = "",
    };

    private static string StateOf(KeyView key, DateTimeOffset now) => key switch
    {
        { RevokedAt: { } at } => $"revoked {Time(at)}",
        { ExpiresAt: { } at } => at <= now ? $"expired {Time(at)}" : $"until {Time(at)}",
        _ => "live",
    };

    private static string Time(DateTimeOffset at) => at.ToString("u", CultureInfo.InvariantCulture);
}
