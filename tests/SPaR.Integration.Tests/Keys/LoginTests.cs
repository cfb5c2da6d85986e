using Microsoft.EntityFrameworkCore;
using SPaR.Integration.Tests.Http;
using SPaR.Service.Keys;

namespace SPaR.Integration.Tests.Keys;

/// <summary>A browser: it follows the redirect to the login, keeps a cookie, and sends the origin of each request's page.</summary>
public sealed class LoginTests(KeyedService keyed) : IClassFixture<KeyedService>
{
    private static readonly (string, string) Html = ("Accept", "text/html,application/xhtml+xml"), Own = ("Sec-Fetch-Site", "same-origin");

    [Theory]
    [InlineData("/", "%2F")]
    [InlineData("/swagger/index.html", "%2Fswagger%2Findex.html")]
    [InlineData("/v1/runs?limit=2", "%2Fv1%2Fruns%3Flimit%3D2")]
    public async Task A_browser_without_a_login_is_redirected_to_it_and_back(string path, string back)
    {
        var answer = await keyed.SendAsync("GET", path, null, null, Html);

        answer.Status.ShouldBe(302);
        answer.Headers["Location"].ShouldBe($"/login?return={back}");
        (await keyed.SendAsync("POST", path, null, null, Html)).Status.ShouldBe(401, "what would be sent again is not led elsewhere");
        (await keyed.SendAsync("GET", answer.Headers["Location"], null, null, Html)).Saying("name=\"key\"").Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_login_makes_the_pages_work_until_the_logout()
    {
        var (_, key) = await keyed.KeyAsync(Scope.Read);
        var answer = await LogInAsync(key, "/swagger");
        answer.Status.ShouldBe(303, answer.Text);
        answer.Headers["Location"].ShouldBe("/swagger");
        var cookie = CookieOf(answer);
        cookie.ShouldNotContain(key[^20..], Case.Sensitive, "the cookie has a secret of its own");

        (await keyed.SendAsync("GET", "/", null, null, Html, ("Cookie", cookie))).Status.ShouldBe(200);
        (await keyed.SendAsync("GET", "/swagger/v1/swagger.json", null, null, ("Cookie", cookie))).Status.ShouldBe(200);
        (await keyed.SendAsync("POST", "/v1/runs", null, "{}", Own, ("Cookie", cookie))).ShouldBeProblem(403, "scope-missing");

        var end = await keyed.SendAsync("POST", "/logout", null, null, Own, ("Cookie", cookie));
        end.Status.ShouldBe(303);
        end.Headers["Set-Cookie"].ShouldContain("expires=Thu, 01 Jan 1970");
        (await keyed.SendAsync("GET", "/v1/runs", null, null, ("Cookie", cookie))).ShouldBeProblem(401, "session-over");
    }

    [Fact]
    public async Task Scripts_and_other_sites_cannot_use_the_cookie()
    {
        var set = (await LogInAsync((await keyed.KeyAsync(Scope.Read)).Text, "/")).Headers["Set-Cookie"];

        set.ShouldContain("; httponly");
        set.ShouldContain("; samesite=strict");
        set.ShouldContain("; path=/");
        set.ShouldNotContain("secure", Case.Insensitive, "over plain HTTP the browser would drop it");
        set.ShouldNotContain("expires", Case.Insensitive, "it goes with the browser");
    }

    [Fact]
    public async Task A_login_ends_with_its_key()
    {
        var (id, key) = await keyed.KeyAsync(Scope.Read);
        var cookie = CookieOf(await LogInAsync(key, "/"));
        (await keyed.Service.PostAsync($"/v1/keys/{id}/revoke")).ShouldBe(200);

        (await keyed.SendAsync("GET", "/v1/runs", null, null, ("Cookie", cookie))).ShouldBeProblem(401, "session-over");
        (await keyed.SendAsync("GET", "/", null, null, Html, ("Cookie", cookie))).Status.ShouldBe(302);
    }

    [Fact]
    public async Task A_login_never_outlives_its_key_and_ends_after_half_a_day()
    {
        var (shortId, shortKey) = await keyed.KeyAsync(Scope.Read, "1h");
        var (longId, longKey) = await keyed.KeyAsync(Scope.Read, "30d");
        await LogInAsync(shortKey, "/");
        var cookie = CookieOf(await LogInAsync(longKey, "/"));

        (await LengthAsync(shortId)).TotalMinutes.ShouldBeInRange(59, 60.01);
        (await LengthAsync(longId)).TotalHours.ShouldBe(12, 0.001);
        await keyed.QueryAsync(db => db.Database.ExecuteSqlAsync(
            $"UPDATE spar.key_sessions SET expires_at = now() WHERE key_id = {longId}"));
        (await keyed.SendAsync("GET", "/v1/runs", null, null, ("Cookie", cookie))).ShouldBeProblem(401, "session-over");
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Sec-Fetch-Site", "none")]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "http://127.0.0.1:1")]
    [InlineData("Origin", "null")]
    [InlineData("X-Nothing", "said")]
    public async Task Other_origins_cannot_change_anything_with_the_cookie(string header, string value)
    {
        var cookie = CookieOf(await LogInAsync((await keyed.KeyAsync(Scope.Admin)).Text, "/"));

        (await keyed.SendAsync("POST", "/v1/keys", null, """{"name":"evil","scope":"admin"}""", (header, value), ("Cookie", cookie)))
            .ShouldBeProblem(403, "foreign-origin");
        (await keyed.SendAsync("POST", "/login", null, null, (header, value))).ShouldBeProblem(403, "foreign-origin");
    }

    [Fact]
    public async Task The_services_own_pages_may_change_what_the_key_allows()
    {
        var cookie = CookieOf(await LogInAsync((await keyed.KeyAsync(Scope.Admin)).Text, "/"));
        var origin = keyed.Service.Address.GetLeftPart(UriPartial.Authority);

        foreach (var header in ((string, string)[])[("Origin", origin), Own])
            (await keyed.SendAsync("POST", "/v1/keys", null, """{"name":"mine","scope":"read"}""", header, ("Cookie", cookie)))
                .Status.ShouldBe(201);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("\\\\evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("")]
    public async Task A_login_leads_nowhere_else(string back)
    {
        var answer = await LogInAsync((await keyed.KeyAsync(Scope.Read)).Text, back);

        answer.Status.ShouldBe(303);
        answer.Headers["Location"].ShouldBe("/");
    }

    [Fact]
    public async Task A_wrong_key_shows_the_page_again_with_the_reason()
    {
        var wrong = KeyedService.WrongKey();
        keyed.Forgive(wrong);

        var answer = await LogInAsync(wrong, "/\"><script>");

        answer.Status.ShouldBe(401);
        answer.Text.ShouldNotContain("<script>");
        answer.Headers.Keys.ShouldNotContain("Set-Cookie");
    }

    [Fact]
    public async Task A_long_form_is_not_read() =>
        (await LogInAsync(new('a', 1 << 15), "/")).Status.ShouldBe(413);

    private async Task<Answer> LogInAsync(string key, string back)
    {
        using var client = keyed.Service.ClientWith(null);
        using var form = new FormUrlEncodedContent([new("key", key), new("return", back)]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/login") { Content = form, Headers = { { Own.Item1, Own.Item2 } } };
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, text, null)
        {
            Headers = response.Headers.ToDictionary(h => h.Key, h => string.Join(", ", h.Value)),
        };
    }

    private static string CookieOf(Answer answer) => answer.Headers["Set-Cookie"].Split(';')[0];

    private Task<TimeSpan> LengthAsync(string key) => keyed.QueryAsync(async db =>
    {
        var session = await db.KeySessions.SingleAsync(s => s.KeyId == key);
        return session.ExpiresAt - session.CreatedAt;
    });
}
