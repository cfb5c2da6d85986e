using Microsoft.EntityFrameworkCore;
using SPaR.Service.Keys;

namespace SPaR.Integration.Tests.Keys;

/// <summary>A key's life over HTTP: created, used, limited, revoked.</summary>
public sealed class KeyTests(KeyedService keyed) : IClassFixture<KeyedService>
{
    [Fact]
    public async Task A_key_is_shown_once_and_stored_as_a_hash()
    {
        var (id, text) = await keyed.KeyAsync(Scope.Read);

        (await keyed.SendAsync("GET", "/v1/runs", text)).Status.ShouldBe(200);
        (await keyed.Service.GetAsync("/v1/keys?limit=200")).Text.ShouldNotContain(text[^20..]);
        var row = await keyed.QueryAsync(db => db.ApiKeys.SingleAsync(k => k.Id == id));
        row.Hash.ShouldBe(KeyText.Read(text)!.Hash);
    }

    [Fact]
    public async Task A_revoked_key_is_refused_from_the_next_request_on()
    {
        var (id, text) = await keyed.KeyAsync(Scope.Read);
        (await keyed.SendAsync("GET", "/v1/runs", text)).Status.ShouldBe(200);

        (await keyed.Service.PostAsync($"/v1/keys/{id}/revoke")).ShouldBe(200)["revoked_at"].GetValue<DateTimeOffset>();

        (await keyed.SendAsync("GET", "/v1/runs", text)).ShouldBeProblem(401, "revoked-key").Saying("./spar keys create");
    }

    [Fact]
    public async Task Revoking_twice_keeps_the_first_time_and_an_unknown_key_is_not_found()
    {
        var (id, _) = await keyed.KeyAsync(Scope.Read);
        var first = (await keyed.Service.PostAsync($"/v1/keys/{id}/revoke"))["revoked_at"].ToString();

        (await keyed.Service.PostAsync($"/v1/keys/{id}/revoke"))["revoked_at"].ToString().ShouldBe(first);
        (await keyed.Service.PostAsync("/v1/keys/key_x/revoke")).ShouldBeProblem(404, "not-found");
    }

    [Fact]
    public async Task A_refused_wish_names_every_fault() =>
        (await keyed.Service.PostAsync("/v1/keys", """{"name":" ","scope":"root","expires":"soon"}"""))
            .ShouldBeProblem(422, "invalid-key", "name", "scope", "expires");

    [Fact]
    public async Task A_missing_scope_says_which_is_needed_and_which_there_is()
    {
        var (_, text) = await keyed.KeyAsync(Scope.Read);

        (await keyed.SendAsync("POST", "/v1/runs", text, "{}")).ShouldBeProblem(403, "scope-missing")
            .Saying("scope submit").Saying("has read");
    }

    [Fact]
    public async Task Requests_beyond_the_keys_own_limit_are_refused_with_the_time_to_wait()
    {
        var (_, text) = await keyed.KeyAsync(Scope.Read, requestsPerMinute: 3);
        for (var i = 0; i < 3; i++)
            (await keyed.SendAsync("GET", "/v1/runs", text)).Status.ShouldBe(200);

        var refused = (await keyed.SendAsync("GET", "/v1/runs", text)).ShouldBeProblem(429, "too-many-requests")
            .Saying("3 requests a minute");
        int.Parse(refused.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(1, 20);
        var (_, other) = await keyed.KeyAsync(Scope.Read, requestsPerMinute: 3);
        (await keyed.SendAsync("GET", "/v1/runs", other)).Status.ShouldBe(200, "each key has a bucket of its own");
    }

    [Theory]
    [InlineData("/v1/datasets?format=trl", "application/x-ndjson")]
    [InlineData("/v1/instruction-sets?name=a", "application/x-ndjson")]
    [InlineData("/v1/benchmarks?benchmark=ifeval", "application/x-ndjson")]
    [InlineData("/v1/instruction-sets", "application/json")]
    [InlineData("/v1/runs", "application/json")]
    public async Task A_body_beyond_the_keys_own_limit_is_refused_with_the_limit(string path, string type)
    {
        var (_, text) = await keyed.KeyAsync(Scope.Submit, maxBodyBytes: 2000);
        using var client = keyed.Service.ClientWith(text);
        using var body = new StringContent($"{{\"prompt\":\"{new string('a', 3000)}\"}}\n", null, type);

        using var answer = await client.PostAsync(path, body);

        ((int)answer.StatusCode).ShouldBe(413, await answer.Content.ReadAsStringAsync());
        (await answer.Content.ReadAsStringAsync()).ShouldContain("2000");
    }

    [Fact]
    public async Task An_upload_may_exceed_the_limit_of_bodies_held_in_memory()
    {
        var (_, text) = await keyed.KeyAsync(Scope.Submit);
        using var client = keyed.Service.ClientWith(text);
        // With Expect: 100-continue, so that the client sees the response and not a broken connection.
        client.DefaultRequestHeaders.ExpectContinue = true;
        var line = $"{{\"prompt\":\"{new string('a', 1 << 19)}\"}}\n";
        using var lines = new StringContent(string.Concat(Enumerable.Repeat(line, 64)), null, "application/x-ndjson");
        using var whole = new StringContent(string.Concat(Enumerable.Repeat(line, 64)), null, "application/json");

        ((int)(await client.PostAsync("/v1/instruction-sets?name=long", lines)).StatusCode).ShouldBe(201);
        ((int)(await client.PostAsync("/v1/runs", whole)).StatusCode).ShouldBe(413);
    }

    [Fact]
    public async Task The_last_use_is_recorded_once_a_minute_even_with_many_requests_at_once()
    {
        var (id, text) = await keyed.KeyAsync(Scope.Read);
        (await LastUseAsync(id)).ShouldBeNull();

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
            (await keyed.SendAsync("GET", "/v1/runs", text)).Status.ShouldBe(200)));
        var first = (await LastUseAsync(id)).ShouldNotBeNull();
        await keyed.SendAsync("GET", "/v1/runs", text);
        (await LastUseAsync(id)).ShouldBe(first);

        await keyed.QueryAsync(db => db.Database.ExecuteSqlAsync(
            $"UPDATE spar.api_keys SET last_used_at = last_used_at - interval '61 seconds' WHERE id = {id}"));
        await keyed.SendAsync("GET", "/v1/runs", text);
        (await LastUseAsync(id)).ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(first);
    }

    [Fact]
    public async Task A_row_that_somebody_else_has_locked_holds_no_request_up()
    {
        var (id, text) = await keyed.KeyAsync(Scope.Read);
        await keyed.QueryAsync(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await db.Database.ExecuteSqlAsync($"SELECT FROM spar.api_keys WHERE id = {id} FOR UPDATE");
            (await keyed.SendAsync("GET", "/v1/runs", text).WaitAsync(TimeSpan.FromSeconds(5))).Status.ShouldBe(200);
            return 0;
        });
    }

    [Fact]
    public async Task Wrong_secrets_throttle_that_key_and_no_other_key_from_the_same_address()
    {
        var (_, right) = await keyed.KeyAsync(Scope.Read);
        var (_, other) = await keyed.KeyAsync(Scope.Read);
        var wrong = right[..^5] + (right.EndsWith("AAAAA", StringComparison.Ordinal) ? "BBBBB" : "AAAAA");
        keyed.Forgive(wrong);
        for (var i = 0; i < LoginThrottle.FirstThrottled; i++)
            (await keyed.SendAsync("GET", "/v1/runs", wrong)).ShouldBeProblem(401, "unknown-key");

        var held = (await keyed.SendAsync("GET", "/v1/runs", wrong)).ShouldBeProblem(429, "too-many-failures");
        held.Headers["Retry-After"].ShouldBe("1");
        (await keyed.SendAsync("GET", "/v1/runs", right)).ShouldBeProblem(429, "too-many-failures");
        (await keyed.SendAsync("GET", "/v1/runs", KeyedService.WrongKey())).ShouldBeProblem(429, "too-many-failures");
        (await keyed.SendAsync("GET", "/v1/runs", other)).Status.ShouldBe(200);

        // What is tried during the wait does not extend it.
        await Wait.UntilAsync(async () => (await keyed.SendAsync("GET", "/v1/runs", right)).Status == 200);
        keyed.Forgive(wrong);
    }

    private Task<DateTimeOffset?> LastUseAsync(string id) =>
        keyed.QueryAsync(db => db.ApiKeys.Where(k => k.Id == id).Select(k => k.LastUsedAt).SingleAsync());
}
