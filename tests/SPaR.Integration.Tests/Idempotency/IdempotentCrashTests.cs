using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using SPaR.Cli.Processes;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Idempotency;

/// <summary>The API's process is killed with SIGKILL while it handles a request, and the client sends the request again.</summary>
public sealed class IdempotentCrashTests(PostgresFixture postgres) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spar-crash-").FullName;
    private string _database = "", _set = "", _model = "";
    private Process? _api;
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.MigratedDatabaseAsync();
        TinyGguf.Write(Path.Combine(_folder, "tiny.gguf"));
        await StartAsync();
        _set = (await PostAsync("/v1/instruction-sets", """{"name":"a","instructions":[{"prompt":"one"}]}""", null)).Id;
        _model = (await PostAsync("/v1/models", """{"path":"tiny.gguf"}""", null)).Id;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Killed_between_commit_and_answer_it_has_one_resource_and_the_same_answer()
    {
        // The answer is stored by the first UPDATE after the commit.
        await StoredRows.ExecuteAsync(
            _database,
            """
            CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$;
            CREATE TRIGGER wait_here BEFORE UPDATE ON spar.idempotent_requests FOR EACH ROW EXECUTE FUNCTION wait_here();
            """);
        var lost = PostAsync("/v1/runs", Run, "one");
        await Wait.UntilAsync(async () => await RunsAsync() == 1);
        (await PostAsync("/v1/runs", Run, "one")).Status.ShouldBe(409, "it is in progress");

        await KillAsync();
        await Should.ThrowAsync<HttpRequestException>(() => lost);
        await StoredRows.ExecuteAsync(_database, "DROP TRIGGER wait_here ON spar.idempotent_requests");
        await StartAsync();
        var again = await PostAsync("/v1/runs", Run, "one");
        var more = await PostAsync("/v1/runs", Run, "one");

        again.Status.ShouldBe(201);
        again.Location.ShouldBe($"/v1/runs/{again.Id}");
        again.Json["status"]!.GetValue<string>().ShouldBe("queued");
        (more.Status, more.Location, more.Json.ToJsonString()).ShouldBe((201, again.Location, again.Json.ToJsonString()));
        (await RunsAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task Killed_at_any_moment_it_has_one_resource_when_the_client_gets_its_answer()
    {
        var random = new Random(7);
        const int requests = 4;
        for (var i = 0; i < requests; i++)
        {
            var (key, kills) = ($"{i}", 0);
            while (true)
            {
                var sent = PostAsync("/v1/runs", Run, key);
                if (kills < 2)
                {
                    await Task.Delay(random.Next(0, 60), TestContext.Current.CancellationToken);
                    await KillAsync();
                    kills++;
                    await StartAsync();
                }

                if (await AnswerOrNullAsync(sent) is { Status: 201 } answer)
                {
                    (await PostAsync("/v1/runs", Run, key)).Json.ToJsonString().ShouldBe(answer.Json.ToJsonString());
                    break;
                }
            }

            (await RunsAsync()).ShouldBe(i + 1);
        }
    }

    private string Run => $$"""{"instruction_set":"{{_set}}","actor":"{{_model}}"}""";

    private async Task StartAsync()
    {
        var port = Ports.Free(IPAddress.Loopback, 0);
        _api = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll"), "--role", "api", $"--ConnectionStrings:Spar={_database}",
                $"--Models:Folder={_folder}", $"--urls=http://127.0.0.1:{port}", $"--Keys:File={_folder}/key",
                "--Logging:LogLevel:Default=Warning",
            ])
        { WorkingDirectory = _folder })!;
        _client?.Dispose();
        _client = new() { BaseAddress = new($"http://127.0.0.1:{port}") };
        await Wait.UntilAsync(async () =>
        {
            try
            {
                return (await _client.GetAsync("/health/ready")).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        _client.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync($"{_folder}/key")).Trim());
    }

    private async Task KillAsync()
    {
        _api!.Kill();
        await _api.WaitForExitAsync(CancellationToken.None);
        _api.Dispose();
    }

    private static async Task<Reply?> AnswerOrNullAsync(Task<Reply> sent)
    {
        try
        {
            return await sent;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private async Task<Reply> PostAsync(string path, string body, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        using var response = await _client.SendAsync(request);
        return new(
            (int)response.StatusCode, response.Headers.Location?.OriginalString,
            JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    private async Task<long> RunsAsync() => (long)(await StoredRows.ExecuteAsync(_database, "SELECT count(*) FROM spar.runs"))!;

    private sealed record Reply(int Status, string? Location, JsonNode Json)
    {
        public string Id => Json["id"]!.GetValue<string>();
    }
}
