using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SPaR.Service.Keys;

namespace SPaR.Integration.Tests.Keys;

/// <summary>Every route of the real service, with every kind of key and with none. A new route appears here by itself.</summary>
public sealed class RouteTableTests(KeyedService keyed, PostgresFixture postgres) : IClassFixture<KeyedService>
{
    /// <summary>The routes whose scope does not follow from their method: GET needs read, DELETE admin, all others submit.</summary>
    private static readonly Dictionary<string, Scope> Exceptions = new()
    {
        ["GET /v1/keys"] = Scope.Admin,
        ["POST /v1/keys"] = Scope.Admin,
        ["POST /v1/keys/{id}/revoke"] = Scope.Admin,
        ["GET /v1/audit"] = Scope.Admin,
        ["GET /v1/webhooks"] = Scope.Admin,
        ["POST /v1/webhooks"] = Scope.Admin,
        ["GET /v1/webhooks/{id}"] = Scope.Admin,
        ["GET /v1/webhooks/{id}/deliveries"] = Scope.Admin,
        ["POST /v1/webhooks/{id}/test"] = Scope.Admin,
        ["GET /hangfire/{**path}"] = Scope.Admin,
        ["POST /v1/training-runs/{id}/release"] = Scope.Admin,
        ["DELETE /v1/pairs/{id}/verdict"] = Scope.Submit,
        ["POST /logout"] = Scope.Read,
        // Each tool needs the scope of its endpoint.
        ["POST /mcp"] = Scope.Read,
    };

    private static readonly string[] Open = ["GET /health/live", "GET /health/ready", "GET /llms.txt", "GET /login", "POST /login"];

    [Fact]
    public void Every_route_declares_the_scope_of_its_method_or_is_a_listed_exception()
    {
        var routes = Routes();
        routes.Count.ShouldBeGreaterThan(60);
        foreach (var (method, endpoint) in routes)
        {
            var route = $"{method} {endpoint.RoutePattern.RawText!.TrimEnd('/')}";
            endpoint.Declares().ShouldBeTrue($"{route} declares no scope: RequireScope(Scope.…) beside its mapping, or OpenToAll()");
            Scope? expected = Open.Contains(route) ? null
                : Exceptions.TryGetValue(route, out var exception) ? exception
                : method switch { "GET" or "HEAD" => Scope.Read, "DELETE" => Scope.Admin, _ => Scope.Submit };
            endpoint.ScopeOf().ShouldBe(expected, route);
        }
    }

    [Fact]
    public async Task Every_route_requires_its_scope()
    {
        var wrong = KeyedService.WrongKey();
        var (expired, revoked) = (await keyed.ExpiredKeyAsync(), await keyed.RevokedKeyAsync());
        var scoped = new List<(Scope Scope, string Key)>();
        foreach (var scope in Enum.GetValues<Scope>())
            scoped.Add((scope, (await keyed.KeyAsync(scope)).Text));
        foreach (var (method, endpoint) in Routes())
        {
            var route = $"{method} {endpoint.RoutePattern.RawText}";
            var needed = endpoint.ScopeOf();
            await AskAsync(null, needed is null ? null : (401, "no-key"));
            await AskAsync(wrong, needed is null ? null : (401, "unknown-key"));
            await AskAsync(expired, needed is null ? null : (401, "expired-key"));
            await AskAsync(revoked, needed is null ? null : (401, "revoked-key"));
            foreach (var (had, key) in scoped)
                await AskAsync(key, had >= needed ? null : needed is null ? null : (403, "scope-missing"));

            async Task AskAsync(string? key, (int Status, string Code)? refusal)
            {
                keyed.Forgive(key ?? "");
                var answer = await keyed.SendAsync(method, PathOf(endpoint), key, null, ("Sec-Fetch-Site", "same-origin"));
                if (refusal is null)
                {
                    answer.Status.ShouldNotBeOneOf([401, 403, 429, 500], $"{route} with {key}: {answer.Text}");
                    return;
                }

                var (status, code) = refusal.Value;
                answer.Status.ShouldBe(status, $"{route} with {key}: {answer.Text}");
                answer.Headers.ContainsKey("WWW-Authenticate").ShouldBe(status == 401, route);
                if (method != "HEAD" && route.Contains("/openai/v1", StringComparison.Ordinal))
                    answer.ShouldBeOpenAi(status, status == 401 ? "invalid_api_key" : "scope_missing", null);
                else if (method != "HEAD")
                    answer.ShouldBeProblem(status, code);
            }
        }
    }

    [Theory]
    [InlineData("GET", "/nowhere", 404)]
    [InlineData("GET", "/v1/nowhere", 404)]
    [InlineData("GET", "/swagger/nowhere.css", 404)]
    [InlineData("PATCH", "/v1/runs", 405)]
    [InlineData("OPTIONS", "/v1/runs", 405)]
    [InlineData("HEAD", "/v1/runs", 405)]
    [InlineData("OPTIONS", "*", 404)]
    public async Task Unknown_addresses_are_reported_to_valid_keys_only(string method, string path, int status)
    {
        (await keyed.SendAsync(method, path, null)).Status.ShouldBe(401);
        (await keyed.SendAsync(method, path, (await keyed.KeyAsync(Scope.Read)).Text)).Status.ShouldBe(status);
    }

    [Fact]
    public async Task A_route_that_declares_nothing_is_refused_to_everybody()
    {
        var folder = Directory.CreateTempSubdirectory("spar-keys-").FullName;
        await using var app = ServiceHost.Build(
        [
            "--urls=http://127.0.0.1:0", "--role=api", $"--ConnectionStrings:Spar={await postgres.MigratedDatabaseAsync()}",
            $"--Models:Folder={folder}", $"--Keys:File={folder}/key", "--Logging:LogLevel:Default=Warning",
        ]);
        app.MapGet("/forgotten", () => "said to nobody");
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new(app.Urls.Single()) };

        ((int)(await client.GetAsync("/forgotten")).StatusCode).ShouldBe(401);
        client.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync($"{folder}/key")).Trim());
        var answer = await client.GetAsync("/forgotten");

        ((int)answer.StatusCode).ShouldBe(403);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("scope-undeclared");
        await app.StopAsync();
        Directory.Delete(folder, recursive: true);
    }

    private List<(string Method, RouteEndpoint Endpoint)> Routes() =>
    [
        .. keyed.Service.Parts.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(e => (e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method => (method, e))),
    ];

    private static string PathOf(RouteEndpoint endpoint) => "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(
        segment => string.Concat(segment.Parts.Select(part => part switch
        {
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternSeparatorPart separator => separator.Content,
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { Name: "documentName" } => "v1",
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { Name: "extension" } => "json",
            _ => "x",
        }))));
}
