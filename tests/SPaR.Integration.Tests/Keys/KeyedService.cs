using System.Net.Http.Headers;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SPaR.Integration.Tests.Http;
using SPaR.Method.Input;
using SPaR.Service.Keys;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.Keys;

/// <summary>One service that requires keys, for all tests of a class, with keys of every scope.</summary>
public sealed class KeyedService(PostgresFixture postgres) : IAsyncLifetime
{
    public HttpService Service { get; private set; } = null!;

    public string Database { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Database = await postgres.MigratedDatabaseAsync();
        Service = await HttpService.StartAsync(Database);
    }

    public ValueTask DisposeAsync() => Service.DisposeAsync();

    /// <returns>The id and the text of a new key.</returns>
    internal async Task<(string Id, string Text)> KeyAsync(
        Scope scope, string? expires = null, int? requestsPerMinute = null, long? maxBodyBytes = null)
    {
        var made = (await Service.PostAsync("/v1/keys", new System.Text.Json.Nodes.JsonObject
        {
            ["name"] = "a test's",
            ["scope"] = EnumName.Of(scope),
            ["expires"] = expires,
            ["requests_per_minute"] = requestsPerMinute,
            ["max_body_bytes"] = maxBodyBytes,
        })).ShouldBe(201);
        return (made["about"]["id"]!.GetValue<string>(), made["key"].GetValue<string>());
    }

    internal async Task<string> ExpiredKeyAsync()
    {
        var (id, text) = await KeyAsync(Scope.Admin, "1h");
        await QueryAsync(db => db.Database.ExecuteSqlAsync(
            $"UPDATE spar.api_keys SET expires_at = now() - interval '1 second' WHERE id = {id}"));
        return text;
    }

    internal async Task<string> RevokedKeyAsync()
    {
        var (id, text) = await KeyAsync(Scope.Admin);
        (await Service.PostAsync($"/v1/keys/{id}/revoke")).ShouldBe(200);
        return text;
    }

    /// <summary>A key of the right form that does not exist.</summary>
    internal static string WrongKey() => KeyText.New(Ids.New("key", TimeProvider.System)).Text;

    internal async Task<T> QueryAsync<T>(Func<SparDb, Task<T>> query)
    {
        await using var db = await Service.Parts.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
        return await query(db);
    }

    /// <summary>Clears the failures so far.</summary>
    internal void Forgive(string key)
    {
        var gate = Service.Parts.GetRequiredService<LoginThrottle>();
        gate.Succeeded("127.0.0.1");
        if (KeyText.Read(key) is { } parts)
            gate.Succeeded($"127.0.0.1 {parts.Digits}");
    }

    internal async Task<Answer> SendAsync(
        string method, string path, string? key, string? body = null, params (string Name, string Value)[] headers)
    {
        using var client = Service.ClientWith(key);
        using var request = new HttpRequestMessage(new(method), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        // Of a stream only the status is read.
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var streams = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        return new(
            (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType,
            streams ? "" : await response.Content.ReadAsStringAsync(), null)
        {
            Headers = response.Headers.ToDictionary(h => h.Key, h => string.Join(", ", h.Value)),
        };
    }
}
