using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using SPaR.Cli.Postgres;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Keys;

/// <summary><c>spar keys</c> as a user runs it: the real client and host as processes, on a real PostgreSQL.</summary>
[SupportedOSPlatform("linux")]
public sealed class KeysCommandTests(PostgresFixture postgres) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar keys ");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task With_a_running_service_a_key_is_created_used_listed_and_revoked()
    {
        var database = await postgres.MigratedDatabaseAsync();
        await using var service = await HttpService.StartAsync(database);

        var (code, key, notes) = await RunAsync(database, "create", "--name", "a friend's", "--scope", "read", "--expires", "90d");
        code.ShouldBe(0, notes);
        key.ShouldMatch("^spar_[0-9a-f]{32}_[A-Za-z0-9_-]{43}\n$", "the key alone is on standard output");
        using var client = service.ClientWith(key.Trim());
        ((int)(await client.GetAsync("/v1/runs")).StatusCode).ShouldBe(200);

        var listed = JsonNode.Parse((await RunAsync(database, "list", "--json")).Out)!.AsArray();
        var mine = listed.Single(k => k!["name"]!.GetValue<string>() == "a friend's")!;
        mine["last_used_at"].ShouldNotBeNull();
        (await RunAsync(database, "list")).Out.ShouldContain("a friend's");

        (await RunAsync(database, "revoke", mine["id"]!.GetValue<string>())).Code.ShouldBe(0);
        ((int)(await client.GetAsync("/v1/runs")).StatusCode).ShouldBe(401);
        var audit = (await service.GetAsync("/v1/audit"))["data"].AsArray().Select(e => e!["method"]!.GetValue<string>()).ToList();
        audit.ShouldContain("create");
        audit.ShouldContain("revoke");
    }

    [Fact]
    public async Task Errors_go_to_standard_error_and_no_key_is_created()
    {
        var database = await postgres.MigratedDatabaseAsync();

        var (code, key, notes) = await RunAsync(database, "create", "--name", "x", "--scope", "read", "--max-body", "much");
        (code, key).ShouldBe((1, ""));
        notes.ShouldContain("--max-body is 'much'");
        (await RunAsync(database, "create", "--name", "x", "--scope", "read", "--expires", "soon")).Notes.ShouldContain("'soon'");
        (await RunAsync(database, "revoke", "key_x")).Notes.ShouldContain("'key_x'");
        JsonNode.Parse((await RunAsync(database, "list", "--json")).Out)!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_service_the_folders_own_database_runs_for_the_command_and_survives_a_kill()
    {
        // PostgreSQL runs as another user when this runs as root, and must be able to enter.
        File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);
        var (code, key, notes) = await RunAsync(null, "create", "--name", "first", "--scope", "admin");
        code.ShouldBe(0, notes);
        notes.ShouldContain("cluster in");

        using (var killed = Start(null, "create", "--name", "second", "--scope", "admin"))
        {
            await Wait.UntilAsync(() => File.Exists(Path.Combine(_folder.FullName, "postgres", "data", "postmaster.pid")));
            killed.Kill();
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var listed = JsonNode.Parse((await RunAsync(null, "list", "--json")).Out)!.AsArray();
        listed.ShouldContain(k => k!["name"]!.GetValue<string>() == "first");
        key.Length.ShouldBe(82);
        await using var again = await EmbeddedPostgres.StartAsync(
            Path.Combine(_folder.FullName, "postgres"), null, _ => { }, TestContext.Current.CancellationToken);
        again.Pid.ShouldBeGreaterThan(0, "no server was left behind that could not be taken over");
    }

    private async Task<(int Code, string Out, string Notes)> RunAsync(string? database, params string[] words)
    {
        using var process = Start(database, words);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }

    private Process Start(string? database, params string[] words)
    {
        var start = new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "SPaR.Cli.dll"), "keys", .. words, "--folder", _folder.FullName])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ConnectionStrings__Spar"] = database ?? "";
        return Process.Start(start)!;
    }
}
