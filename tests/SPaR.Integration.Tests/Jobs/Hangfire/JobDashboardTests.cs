using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Runs;
using SPaR.Runs;

namespace SPaR.Integration.Tests.Jobs.Hangfire;

/// <summary>Hangfire's dashboard as a browser gets it.</summary>
public sealed class JobDashboardTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_running_job_is_listed_with_its_run_stage_and_progress_and_leads_back_to_the_run()
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        var run = await world.RunningAsync(500);
        await JobStoryTests.EndAsync(world, run, 120);
        await using var worker = await TestWorker.StartAsync(world, (_, stop) => Task.Delay(Timeout.Infinite, stop));
        await using var service = await HttpService.StartAsync(world.ConnectionString);
        var list = "";
        await HangfireWorld.UntilAsync(async () =>
            (list = (await service.GetAsync("/hangfire/jobs/processing")).Text).Contains("120 / 500", StringComparison.Ordinal));
        list.ShouldContain($"run {run} · round 1, self-play · 120 / 500");

        var job = System.Text.RegularExpressions.Regex.Match(list, "/hangfire/jobs/details/([0-9]+)").Groups[1].Value;
        var page = (await service.GetAsync($"/hangfire/jobs/details/{job}")).Text;
        page.ShouldContain($"<a href=\"/v1/runs/{run}\">");
        page.ShouldContain("round 1, self-play: 120 / 500.");
        (await service.GetAsync($"/v1/runs/{run}")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_job_whose_subject_has_gone_is_listed_by_its_key_and_what_a_key_holds_is_no_markup()
    {
        await using var world = await HangfireWorld.CreateAsync(postgres);
        var queue = await world.StartAsync(serve: false);
        await queue.EnqueueAsync(new(RunJob.JobKind, "<b>gone</b>", "{}"), default);
        await using var service = await HttpService.StartAsync(world.Database);
        var list = (await service.GetAsync("/hangfire/jobs/enqueued/run")).Text;
        list.ShouldContain("run &lt;b&gt;gone&lt;/b&gt;");
        var job = System.Text.RegularExpressions.Regex.Match(list, "/hangfire/jobs/details/([0-9]+)").Groups[1].Value;
        (await service.GetAsync($"/hangfire/jobs/details/{job}")).Text.ShouldContain("There is no run &lt;b&gt;gone&lt;/b&gt; any more.");
    }

    [Fact]
    public async Task The_dashboard_has_its_styles_and_shows_no_connection_string()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        var page = await service.GetAsync("/hangfire");
        page.Status.ShouldBe(200);
        page.Text.ShouldContain("SPaR: jobs");
        page.Text.ShouldNotContain("Host: ");
        var style = System.Text.RegularExpressions.Regex.Match(page.Text, "href=\"(/hangfire/css[^\"]+)\"").Groups[1].Value;
        (await service.GetAsync(style)).Type.ShouldBe("text/css");
    }
}
