using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SPaR.Service.Keys;

namespace SPaR.Integration.Tests.Keys;

public sealed class AuditTests(KeyedService keyed) : IClassFixture<KeyedService>
{
    [Fact]
    public async Task A_change_is_noted_with_who_whence_what_and_its_end()
    {
        var (id, key) = await keyed.KeyAsync(Scope.Submit);
        var made = await keyed.SendAsync("POST", "/v1/instruction-sets", key, """{"name":"a","instructions":[{"prompt":"b"}]}""");
        made.ShouldBe(201);

        var entry = await EntryAsync(e => e["key_id"]?.GetValue<string>() == id);

        entry["method"]!.GetValue<string>().ShouldBe("POST");
        entry["route"]!.GetValue<string>().ShouldBe("/v1/instruction-sets/");
        entry["path"]!.GetValue<string>().ShouldBe("/v1/instruction-sets");
        entry["status"]!.GetValue<int>().ShouldBe(201);
        entry["created"]!.GetValue<string>().ShouldBe($"/v1/instruction-sets/{made.Id}");
        entry["key_name"]!.GetValue<string>().ShouldBe("a test's");
        entry["remote_address"]!.GetValue<string>().ShouldContain("127.0.0.1");
        entry["at"]!.GetValue<DateTimeOffset>().ShouldBe(DateTimeOffset.Parse(
            await keyed.QueryAsync(db => db.Database.SqlQuery<string>($"SELECT now()::text AS \"Value\"").SingleAsync()),
            System.Globalization.CultureInfo.InvariantCulture), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_failed_change_is_recorded_with_the_status_and_trace_id_of_its_response()
    {
        var (id, key) = await keyed.KeyAsync(Scope.Submit);
        var failed = (await keyed.SendAsync("POST", "/v1/runs/run_x/pause", key)).ShouldBeProblem(404, "not-found");

        var entry = await EntryAsync(e => e["key_id"]?.GetValue<string>() == id);

        entry["status"]!.GetValue<int>().ShouldBe(404);
        entry["trace_id"]!.GetValue<string>().ShouldBe(failed["trace_id"].GetValue<string>());
        entry["path"]!.GetValue<string>().ShouldBe("/v1/runs/run_x/pause");
    }

    [Theory]
    [InlineData("DELETE", "/v1/models/refused", Scope.Submit, 403)]
    [InlineData("POST", "/v1/runs/refused/pause", Scope.Read, 403)]
    [InlineData("POST", "/v1/runs/unknown/pause", null, 401)]
    public async Task A_refused_change_is_noted(string method, string path, Scope? scope, int status)
    {
        var key = scope is { } given ? (await keyed.KeyAsync(given)).Text : null;
        (await keyed.SendAsync(method, path, key)).Status.ShouldBe(status);

        var entry = await EntryAsync(e => e["path"]!.GetValue<string>() == path);

        entry["status"]!.GetValue<int>().ShouldBe(status);
        (entry["key_id"] is null).ShouldBe(scope is null);
    }

    [Fact]
    public async Task Reads_are_not_recorded_and_every_change_is_recorded_once()
    {
        var (id, key) = await keyed.KeyAsync(Scope.Submit);
        await keyed.SendAsync("GET", "/v1/runs", key);
        await keyed.SendAsync("HEAD", "/v1/runs", key);
        await keyed.SendAsync("GET", "/v1/keys", key);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => keyed.SendAsync("POST", "/v1/runs/run_x/pause", key)));
        await EntryAsync(e => e["key_id"]?.GetValue<string>() == id);

        (await keyed.QueryAsync(db => db.AuditLog.CountAsync(e => e.KeyId == id))).ShouldBe(20);
    }

    [Fact]
    public async Task A_login_is_noted_with_its_key()
    {
        var (id, key) = await keyed.KeyAsync(Scope.Read);
        using var client = keyed.Service.ClientWith(null);
        using var form = new FormUrlEncodedContent([new("key", key)]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/login") { Content = form };
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        ((int)(await client.SendAsync(request)).StatusCode).ShouldBe(303);

        (await EntryAsync(e => e["key_id"]?.GetValue<string>() == id))["path"]!.GetValue<string>().ShouldBe("/login");
    }

    [Fact]
    public async Task The_log_comes_in_pages_newest_first()
    {
        for (var i = 0; i < 3; i++)
            await keyed.SendAsync("POST", "/v1/runs/paged/pause", null);
        var first = (await keyed.Service.GetAsync("/v1/audit?limit=2")).ShouldBe(200);
        var second = await keyed.Service.GetAsync($"/v1/audit?limit=2&after={first["after"].GetValue<string>()}");

        var ids = first["data"].AsArray().Concat(second["data"].AsArray()).Select(e => e!["id"]!.GetValue<string>()).ToList();
        ids.Count.ShouldBe(4);
        ids.ShouldBe(ids.OrderDescending(StringComparer.Ordinal));
        (await keyed.Service.GetAsync("/v1/audit?limit=0")).ShouldBeProblem(422, "invalid-page", "limit");
    }

    [Fact]
    public async Task Old_entries_are_deleted()
    {
        await keyed.SendAsync("POST", "/v1/runs/old/pause", null);
        await EntryAsync(e => e["path"]!.GetValue<string>() == "/v1/runs/old/pause");
        await keyed.QueryAsync(db => db.Database.ExecuteSqlAsync(
            $"UPDATE spar.audit_log SET at = at - interval '366 days' WHERE path = '/v1/runs/old/pause'"));

        var store = keyed.Service.Parts.GetRequiredService<AuditStore>();
        var forgotten = await store.DeleteBeforeAsync(
            keyed.Service.Parts.GetRequiredService<TimeProvider>().GetUtcNow() - TimeSpan.FromDays(365), CancellationToken.None);

        forgotten.ShouldBe(1);
    }

    [Fact]
    public async Task A_change_that_cannot_be_noted_is_not_made()
    {
        await keyed.QueryAsync(db => db.Database.ExecuteSqlAsync($"ALTER TABLE spar.audit_log RENAME TO audit_gone"));
        try
        {
            (await keyed.Service.PostAsync("/v1/keys", """{"name":"unseen","scope":"admin"}""")).Status.ShouldBe(500);
        }
        finally
        {
            await keyed.QueryAsync(db => db.Database.ExecuteSqlAsync($"ALTER TABLE spar.audit_gone RENAME TO audit_log"));
        }

        (await keyed.QueryAsync(db => db.ApiKeys.CountAsync(k => k.Name == "unseen"))).ShouldBe(0);
    }

    /// <summary>A request's status is recorded after its response has been sent.</summary>
    private async Task<JsonNode> EntryAsync(Func<JsonNode, bool> wanted)
    {
        JsonNode? entry = null;
        await Wait.UntilAsync(
            async () =>
            {
                var page = (await keyed.Service.GetAsync("/v1/audit?limit=200")).ShouldBe(200);
                entry = page["data"].AsArray().FirstOrDefault(e => wanted(e!) && e!["status"] is not null);
                return entry is not null;
            },
            awaited: "the audit entry");
        return entry!;
    }
}
