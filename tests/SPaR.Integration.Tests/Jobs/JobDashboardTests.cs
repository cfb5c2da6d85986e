using System.Net;
using System.Text.RegularExpressions;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Runs;
using SPaR.Service.Jobs;

namespace SPaR.Integration.Tests.Jobs;

/// <summary>Hangfire's dashboard as a browser sees it.</summary>
public sealed class JobDashboardTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_running_job_is_listed_with_its_run_stage_and_progress_and_leads_back_to_the_run()
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        var run = await world.RunningAsync(500);
        await JobDescriptionTests.EndAsync(world, run, 120);
        await using var worker = await TestWorker.StartAsync(world, (_, stop) => Task.Delay(Timeout.Infinite, stop));
        await using var service = await HttpService.StartAsync(world.ConnectionString);
        var list = "";
        await Wait.UntilAsync(async () =>
            (list = (await service.GetAsync("/hangfire/jobs/processing")).Text).Contains("120 / 500", StringComparison.Ordinal));
        WebUtility.HtmlDecode(list).ShouldContain($"{run} · round 1, self-play · 120 / 500");

        var page = (await service.GetAsync($"/hangfire/jobs/details/{JobIn(list)}")).Text;
        page.ShouldContain($"<a href=\"/v1/runs/{run}\">");
        page.ShouldContain("round 1, self-play: 120 / 500.");
        (await service.GetAsync($"/v1/runs/{run}")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_job_whose_subject_has_gone_is_listed_by_its_key_and_what_a_key_holds_is_no_markup()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        var queue = await world.StartAsync(serve: false);
        await queue.EnqueueAsync(new(JobKinds.Run, "<b>gone</b>"), default);
        await using var service = await HttpService.StartAsync(world.Database);
        var list = (await service.GetAsync("/hangfire/jobs/enqueued/run")).Text;
        list.ShouldContain("run &lt;b&gt;gone&lt;/b&gt;");
        (await service.GetAsync($"/hangfire/jobs/details/{JobIn(list)}")).Saying("The run &lt;b&gt;gone&lt;/b&gt; no longer exists.");
    }

    [Fact]
    public async Task The_dashboard_has_its_styles_and_shows_no_connection_string()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        var page = await service.GetAsync("/hangfire");
        page.Status.ShouldBe(200);
        page.Text.ShouldContain("SPaR: jobs");
        page.Text.ShouldNotContain("Host: ");
        var style = Regex.Match(page.Text, "href=\"(/hangfire/css[^\"]+)\"").Groups[1].Value;
        (await service.GetAsync(style)).Type.ShouldBe("text/css");
    }

    [Fact]
    public async Task A_running_job_that_an_operator_deletes_is_told_to_stop_and_does_not_run_again()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        var stopped = new TaskCompletionSource();
        world.Work = async (_, stop) =>
        {
            await using var told = stop.Register(stopped.SetResult);
            await Task.Delay(Timeout.Infinite, stop);
        };
        var queue = await world.StartAsync(serve: true);
        await queue.EnqueueAsync(new("work", "a"), default);
        await using var service = await HttpService.StartAsync(world.Database);
        await CommandAsync(world, service, "processing", "delete");
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(30));
        // A job in no queue is never run.
        await Wait.UntilAsync(async () => await world.QueuedAsync() == 0);
        world.Ran.Count.ShouldBe(1);
        (await world.StatesAsync()).ShouldBe(new Dictionary<string, long> { ["Deleted"] = 1 });
        (await queue.FailedAsync(null, 10, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failed_job_that_an_operator_puts_back_runs_again_and_leaves_the_list_of_the_failed()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        world.Work = (_, _) => world.Ran.Count <= 2 ? throw new InvalidOperationException("no") : Task.CompletedTask;
        var queue = await world.StartAsync(serve: true, o => o.Retries = 1);
        await queue.EnqueueAsync(new("work", "a"), default);
        await using var service = await HttpService.StartAsync(world.Database);
        await CommandAsync(world, service, "failed", "requeue");
        await world.UntilRanAsync(3);
        await world.UntilStateAsync("Succeeded");
        (await queue.FailedAsync(null, 10, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failed_job_that_an_operator_puts_back_while_another_of_its_key_waits_is_deleted()
    {
        await using var world = await JobWorld.CreateAsync(postgres);
        world.Work = (_, _) => throw new InvalidOperationException("no");
        var queue = await world.StartAsync(serve: true, o => o.Retries = 1);
        await queue.EnqueueAsync(new("work", "a"), default);
        await world.UntilStateAsync("Failed");
        await queue.EnqueueAsync(new("work", "a", TimeSpan.FromHours(1)), default);
        await using var service = await HttpService.StartAsync(world.Database);
        await CommandAsync(world, service, "failed", "requeue");
        (await world.StatesAsync()).ShouldBe(new Dictionary<string, long> { ["Deleted"] = 1, ["Scheduled"] = 1 }, ignoreOrder: true);
    }

    /// <summary>Waits until a job is on that page and presses a button.</summary>
    private static async Task CommandAsync(JobWorld world, HttpService service, string page, string command)
    {
        var job = "";
        await Wait.UntilAsync(async () => (job = JobIn((await service.GetAsync($"/hangfire/jobs/{page}")).Text)).Length > 0);
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("jobs[]", job)]);
        (await service.PostAsync($"/hangfire/jobs/{page}/{command}", form)).Status.ShouldBe(204);
        world.Ran.ShouldNotBeEmpty();
    }

    private static string JobIn(string page) => Regex.Match(page, "/hangfire/jobs/details/([0-9]+)").Groups[1].Value;
}
