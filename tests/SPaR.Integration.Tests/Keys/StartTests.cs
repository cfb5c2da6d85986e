using Microsoft.AspNetCore.Builder;
using SPaR.Host;
using SPaR.Service.Keys;

namespace SPaR.Integration.Tests.Keys;

/// <summary>Whether the service starts, and who may then use it.</summary>
public sealed class StartTests(PostgresFixture postgres) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spar-start-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Without_a_live_key_it_does_not_start_where_other_machines_could_reach_it()
    {
        var database = await postgres.MigratedDatabaseAsync();
        await using var app = Build(database, "http://0.0.0.0:0");

        var message = (await Should.ThrowAsync<UnguardedException>(() => app.StartAsync())).Message;
        message.ShouldStartWith("Urls is 'http://0.0.0.0:0'");
        message.ShouldContain("./spar keys create --name first --scope admin");
        message.ShouldContain("--role keys create --name first --scope admin");
    }

    [Fact]
    public async Task With_a_live_key_it_listens_anywhere_and_accepts_any_host_name()
    {
        await using var app = Build(await postgres.MigratedDatabaseAsync(), "http://0.0.0.0:0", $"--Keys:File={_folder}/key");
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{new Uri(app.Urls.Single()).Port}") };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/runs") { Headers = { Host = "gpu-box.example" } };
        request.Headers.Authorization = new("Bearer", await KeyAsync());

        ((int)(await client.SendAsync(request)).StatusCode).ShouldBe(200);
        ((int)(await client.GetAsync("/v1/runs")).StatusCode).ShouldBe(401);
        await app.StopAsync();
    }

    [Fact]
    public void An_open_service_that_other_machines_could_reach_is_refused()
    {
        Should.Throw<StartupException>(() => Build("Host=127.0.0.1", "http://0.0.0.0:0", "--Keys:Open=true")).Message
            .ShouldContain("Keys:Open");
        Should.Throw<StartupException>(() => Build("Host=127.0.0.1", "http://127.0.0.1:0;http://[::]:0", "--Keys:Open=true")).Message
            .ShouldStartWith("Urls is 'http://[::]:0'");
    }

    [Fact]
    public async Task On_loopback_without_a_key_it_says_how_to_create_one()
    {
        await using var app = Build(await postgres.MigratedDatabaseAsync(), "http://127.0.0.1:0");
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new(app.Urls.Single()) };
        var answer = await client.GetAsync("/v1/runs");

        ((int)answer.StatusCode).ShouldBe(401);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("./spar keys create");
        await app.StopAsync();
    }

    [Fact]
    public async Task An_open_service_on_loopback_refuses_only_foreign_pages()
    {
        await using var app = Build(await postgres.MigratedDatabaseAsync(), "http://127.0.0.1:0", "--Keys:Open=true");
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new(app.Urls.Single()) };

        ((int)(await client.GetAsync("/v1/audit")).StatusCode).ShouldBe(200);
        ((int)(await client.PostAsync("/v1/runs/run_x/pause", null)).StatusCode).ShouldBe(404);
        using var foreign = new HttpRequestMessage(HttpMethod.Post, "/v1/runs/run_x/pause");
        foreign.Headers.Add("Origin", "http://evil.example");
        ((int)(await client.SendAsync(foreign)).StatusCode).ShouldBe(403);
        await app.StopAsync();
    }

    [Fact]
    public async Task The_key_file_is_private_is_kept_while_its_key_lives_and_replaced_when_it_is_revoked()
    {
        var database = await postgres.MigratedDatabaseAsync();
        var first = await StartOnceAsync(database);
        (await StartOnceAsync(database)).ShouldBe(first);
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(Path.Combine(_folder, "key")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        await using (var app = Build(database, "http://127.0.0.1:0", $"--Keys:File={_folder}/key"))
        {
            await app.StartAsync();
            using var client = new HttpClient { BaseAddress = new(app.Urls.Single()) };
            client.DefaultRequestHeaders.Authorization = new("Bearer", first);
            ((int)(await client.PostAsync($"/v1/keys/key_{KeyText.Read(first)!.Digits}/revoke", null)).StatusCode).ShouldBe(200);
            await app.StopAsync();
        }

        var second = await StartOnceAsync(database);
        second.ShouldNotBe(first);
        File.Delete(Path.Combine(_folder, "key"));
        (await StartOnceAsync(database)).ShouldNotBe(second);
        await File.WriteAllTextAsync(Path.Combine(_folder, "key"), "rubbish");
        KeyText.Read(await StartOnceAsync(database)).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("--Keys:RequestsPerMinute=0", "Keys:RequestsPerMinute")]
    [InlineData("--Keys:UnknownPerMinute=0", "Keys:UnknownPerMinute")]
    [InlineData("--Keys:MaxBodyBytes=5", "Keys:MaxBodyBytes")]
    [InlineData("--Keys:AuditDays=-1", "Keys:AuditDays")]
    public async Task A_setting_out_of_range_is_named(string setting, string name)
    {
        await using var app = Build(await postgres.MigratedDatabaseAsync(), "http://127.0.0.1:0", setting);

        var error = await Should.ThrowAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => app.StartAsync());
        StartupError.Of(error).ShouldNotBeNull().ShouldContain($"{name} is out of range; it must be ");
    }

    [Fact]
    public async Task Requests_without_a_key_are_limited_except_health_checks()
    {
        await using var app = Build(await postgres.MigratedDatabaseAsync(), "http://127.0.0.1:0", "--Keys:UnknownPerMinute=5");
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new(app.Urls.Single()) };
        for (var i = 0; i < 5; i++)
            ((int)(await client.GetAsync("/v1/runs")).StatusCode).ShouldBe(401);
        var refused = await client.GetAsync("/v1/runs");

        ((int)refused.StatusCode).ShouldBe(429);
        refused.Headers.RetryAfter.ShouldNotBeNull().Delta.ShouldNotBeNull().TotalSeconds.ShouldBeInRange(1, 12);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("too-many-requests");
        for (var i = 0; i < 20; i++)
            ((int)(await client.GetAsync("/health/live")).StatusCode).ShouldBe(200);
        await app.StopAsync();
    }

    private async Task<string> StartOnceAsync(string database)
    {
        await using var app = Build(database, "http://127.0.0.1:0", $"--Keys:File={_folder}/key");
        await app.StartAsync();
        await app.StopAsync();
        return await KeyAsync();
    }

    private async Task<string> KeyAsync() => (await File.ReadAllTextAsync(Path.Combine(_folder, "key"))).Trim();

    private WebApplication Build(string database, string urls, params string[] settings) => ServiceHost.Build(
    [
        $"--urls={urls}", "--role=api", $"--ConnectionStrings:Spar={database}", $"--Models:Folder={_folder}",
        "--Logging:LogLevel:Default=Error", .. settings,
    ]);
}
