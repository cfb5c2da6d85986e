using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Jobs;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.Metrics;

/// <summary>What Prometheus gets at <c>/metrics</c>.</summary>
public sealed class MetricsTests(PostgresFixture postgres)
{
    private static readonly string[] Statuses =
        ["queued", "running", "pausing", "paused", "cancelling", "cancelled", "succeeded", "failed"];

    [Fact]
    public async Task The_service_counts_what_is_waiting_running_and_failed()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        TinyGguf.Write(Path.Combine(service.Models, "tiny.gguf"));
        var model = (await service.PostAsync("/v1/models", """{"path":"tiny.gguf"}""")).ShouldBe(201).Id;
        var set = (await service.PostAsync(
            "/v1/instruction-sets?name=a", """{"prompt":"a"}""" + "\n" + """{"prompt":"b"}""", "application/x-ndjson")).ShouldBe(201).Id;
        (await service.PostAsync("/v1/runs", $$"""{"instruction_set":"{{set}}","actor":"{{model}}"}""")).ShouldBe(201);
        await using var db = await service.Parts.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO spar.failed_jobs (kind, key, attempts, code, error, failed_at)
                VALUES ('run', 'a', 5, 'job-failed', 'it broke', now());
            INSERT INTO spar.job_attempts (id, kind, key, progress, seen_at) VALUES ('att_1', 'run', 'b', 0, now() - interval '1 h')
            """);

        var page = (await service.GetAsync("/metrics")).ShouldBe(200);

        page.Type.ShouldBe("text/plain");
        var series = Read(page.Text);
        var expected = new Dictionary<string, double> { ["spar_failed_jobs"] = 1, ["spar_suspect_jobs"] = 1 };
        foreach (var name in new[] { "spar_runs", "spar_training_runs", "spar_evaluations" })
        {
            foreach (var status in Statuses)
                expected[$"{name}{{status=\"{status}\"}}"] = name == "spar_runs" && status == "queued" ? 1 : 0;
        }

        expected["spar_run_items{state=\"waiting\"}"] = 2;
        expected["spar_run_items{state=\"leased\"}"] = 0;
        series.Where(s => s.Key.StartsWith("spar_", StringComparison.Ordinal) && !s.Key.StartsWith("spar_llama_", StringComparison.Ordinal))
            .ShouldBe(expected, ignoreOrder: true);
        foreach (var family in expected.Keys.Select(key => key.Split('{')[0]).Distinct())
            page.Saying($"# TYPE {family} gauge\n").Saying($"# HELP {family} ");
    }

    [Fact]
    public async Task Requests_connections_and_process_metrics_have_their_standard_names()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        (await service.GetAsync("/v1/runs")).ShouldBe(200);

        Answer page = null!;
        // A request is counted after its response has been sent.
        await Wait.UntilAsync(async () =>
        {
            page = (await service.GetAsync("/metrics")).ShouldBe(200);
            return page.Text.Contains("http_route=\"/v1/runs/\"", StringComparison.Ordinal);
        });

        page.Saying("# TYPE http_server_request_duration_seconds histogram\n").Saying("# TYPE http_server_active_requests gauge\n")
            .Saying("# TYPE db_client_connection_count gauge\n").Saying("# TYPE dotnet_gc_heap_total_allocated_bytes_total counter\n")
            .Saying("# TYPE dotnet_process_memory_working_set_bytes gauge\n");
        var request = Read(page.Text).Single(s =>
            s.Key.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal)
            && s.Key.Contains("http_route=\"/v1/runs/\"", StringComparison.Ordinal));
        request.Value.ShouldBe(1);
        request.Key.ShouldContain("http_response_status_code=\"200\"");
        page.Text.ShouldNotContain("otel_");
        page.Text.ShouldNotContain("target_info");
    }

    [Fact]
    public async Task Without_the_database_only_its_counts_are_missing()
    {
        var database = new NpgsqlConnectionStringBuilder(await postgres.MigratedDatabaseAsync());
        using var line = new CutLine(database.Port);
        database.Port = line.Port;
        await using var service = await HttpService.StartAsync(database.ConnectionString, null, "--Keys:Open=true");
        Read((await service.GetAsync("/metrics")).Text).ShouldContainKey("spar_failed_jobs");
        line.Dispose();
        // Counts are cached for a second.
        await Task.Delay(TimeSpan.FromSeconds(1.1));

        var started = TimeProvider.System.GetTimestamp();
        var page = (await service.GetAsync("/metrics")).ShouldBe(200);

        TimeProvider.System.GetElapsedTime(started).TotalSeconds.ShouldBeLessThan(8);
        var names = Read(page.Text).Keys;
        names.ShouldContain(name => name.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal));
        names.ShouldNotContain(name => name.StartsWith("spar_runs", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Meters_of_other_libraries_and_of_other_hosts_are_left_out()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        await using var other = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var library = new Meter("Somebody.Else");
        library.CreateCounter<int>("of_a_library").Add(1);
        other.GetRequiredService<IMeterFactory>().Create("SPaR.Other").CreateCounter<int>("of_another_host").Add(1);
        using var ours = new Meter("SPaR.Tests");
        ours.CreateCounter<int>("of_no_host").Add(1);

        var page = (await service.GetAsync("/metrics")).ShouldBe(200);

        page.Saying("of_no_host_total{} 1");
        page.Text.ShouldNotContain("of_a_library");
        page.Text.ShouldNotContain("of_another_host");
    }

    [Fact]
    public async Task Scraping_needs_a_key()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        using var client = new HttpClient { BaseAddress = service.Address };
        ((int)(await client.GetAsync("/metrics")).StatusCode).ShouldBe(401);
    }

    /// <returns>The value of each series by its name and labels.</returns>
    private static Dictionary<string, double> Read(string page)
    {
        var series = new Dictionary<string, double>();
        foreach (var line in page.Split('\n').Where(l => l.Length > 0 && l != "# EOF"))
        {
            var sample = Regex.Match(line, "^([a-z_0-9]+(?:\\{.+\\})?)(?:\\{\\})? ([-+0-9.eEInfNa]+)$");
            if (sample.Success)
                series.Add(sample.Groups[1].Value, double.Parse(
                    sample.Groups[2].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture));
            else
                line.ShouldMatch("^# (HELP|TYPE) [a-z_0-9]+ .+$");
        }

        return series;
    }
}
