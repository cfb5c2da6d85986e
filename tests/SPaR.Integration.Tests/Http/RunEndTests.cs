using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SPaR.Service.Lifecycle;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.Http;

/// <summary>What a run says of itself while it goes on and when it ends without what was wanted.</summary>
public sealed class RunEndTests(SharedService shared) : IClassFixture<SharedService>, IAsyncLifetime
{
    private readonly HttpService _service = shared.Service;

    public ValueTask InitializeAsync()
    {
        (shared.Engine.JudgesUnreadably, shared.Engine.Gate) = (false, Task.CompletedTask);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => InitializeAsync();

    [Fact]
    public async Task A_run_whose_judge_cannot_be_read_stops_before_its_first_instruction_and_a_retry_runs_it_all_the_same()
    {
        shared.Engine.JudgesUnreadably = true;
        var run = await RunAsync("one");

        var stopped = await _service.WaitForRunAsync(run, status => status == "failed");
        stopped["code"].GetValue<string>().ShouldBe("preflight-unreadable");
        stopped["detail"].GetValue<string>().ShouldContain("0 of 5 votes");
        stopped["tokens"]["generated"]!.GetValue<long>().ShouldBe(0);
        (await _service.PostAsync($"/v1/runs/{run}/retry")).ShouldBe(200);

        var ended = await _service.WaitForRunAsync(run, status => status is "succeeded" or "failed");
        ended["status"].GetValue<string>().ShouldBe("succeeded");
        ended["code"].GetValue<string>().ShouldBe("no-pairs");
        ended["detail"].GetValue<string>().ShouldContain("1 unreadable");
    }

    [Fact]
    public async Task With_a_threshold_of_zero_nothing_stops_a_run()
    {
        shared.Engine.JudgesUnreadably = true;
        var run = await RunAsync("one", """{"preflight":{"stop_below":0}}""");

        (await _service.WaitForRunAsync(run, status => status is "succeeded" or "failed"))["code"].GetValue<string>().ShouldBe("no-pairs");
    }

    [Fact]
    public async Task A_run_with_a_pair_ends_without_a_code()
    {
        var run = await _service.WaitForRunAsync(await RunAsync("one"), status => status == "succeeded");

        run.Json["code"].ShouldBeNull();
        run.Json["now"].ShouldBeNull();
    }

    [Fact]
    public async Task A_running_run_says_within_seconds_what_its_worker_does()
    {
        var hold = new TaskCompletionSource();
        shared.Engine.Gate = hold.Task;
        var run = await RunAsync("one");

        Answer? now = null;
        await Wait.UntilAsync(
            async () => (now = await _service.GetAsync($"/v1/runs/{run}")).Json["now"]?["activity"] is not null, awaited: "an activity");
        now!["now"]["activity"]!["phase"]!.GetValue<string>().ShouldBe("preflight");
        now["now"]["activity"]!["workers"]!.GetValue<int>().ShouldBe(1);
        now["now"]["stage"]!.ToJsonString().ShouldBe("""{"evaluation":null,"done":0,"total":1}""");
        hold.SetResult();
        await _service.WaitForRunAsync(run, status => status == "succeeded");

        await using var db = await _service.Parts.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
        await Wait.UntilAsync(async () => !await db.WorkActivities.AnyAsync(a => a.WorkId == run), awaited: "the end of its activity");
    }

    [Fact]
    public async Task A_model_may_be_named_by_its_name_and_an_ambiguous_name_is_refused_with_the_ids()
    {
        TinyGguf.Write(Path.Combine(_service.Models, "named.gguf"), template: "<|im_start|>named<|im_end|>");
        var first = (await _service.PostAsync("/v1/models", """{"path":"named.gguf","name":"twin"}""")).ShouldBe(201).Id;
        var run = await _service.PostAsync("/v1/runs", $$"""{"instruction_set":"{{await SetAsync("easy")}}","actor":"twin"}""");
        run.ShouldBe(201)["actor"].GetValue<string>().ShouldBe(first);

        TinyGguf.Write(Path.Combine(_service.Models, "other.gguf"), template: "<|im_start|>other<|im_end|>");
        var second = (await _service.PostAsync("/v1/models", """{"path":"other.gguf","name":"twin"}""")).ShouldBe(201).Id;
        (await _service.PostAsync("/v1/evaluations", """{"benchmark":"micro-world","model":"twin"}"""))
            .ShouldBeProblem(422, "invalid-evaluation", "refiner", "model").Saying(first).Saying(second);
        (await _service.PostAsync("/v1/training-runs", """{"method":"dpo","model":"nobody","dataset":{"upload":"ds_1"}}"""))
            .ShouldBeProblem(422, "invalid-training-run", "model", "dataset.upload").Saying("'nobody'");
    }

    private async Task<string> SetAsync(string prompt) => (await _service.PostAsync(
        "/v1/instruction-sets", $$"""{"name":"s","instructions":[{"prompt":"{{prompt}}"}]}""")).ShouldBe(201).Id;

    private async Task<string> RunAsync(string prompt, string recipe = "{}") => (await _service.PostAsync(
        "/v1/runs", $$"""{"instruction_set":"{{await SetAsync(prompt)}}","actor":"{{shared.Model}}","recipe":{{recipe}}}"""))
        .ShouldBe(201).Id;
}
