using System.Security.Cryptography;
using Npgsql;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Jobs;

namespace SPaR.Integration.Tests.Evaluation;

/// <summary>What stops an evaluation, and that it goes on from there: nothing lost, nothing twice.</summary>
public sealed class EvaluationTroubleTests(PostgresFixture postgres)
{
    [Fact]
    public async Task What_a_killed_worker_leaves_is_gone_on_with_item_by_item()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres, "--role=api");
        using var line = new CutLine(new NpgsqlConnectionStringBuilder(await postgres.EmptyDatabaseAsync()).Port);
        await world.BesideAsync(line, "--Jobs:CheckinSeconds=1");
        using var partial = new SemaphoreSlim(0);
        world.Benchmark.Before = (measuring, stop) =>
        {
            if (measuring.Ordinal < 5)
                return Task.CompletedTask;
            partial.Release();
            return Task.Delay(Timeout.Infinite, stop);
        };
        var id = await world.EvaluateAsync();
        await world.WaitAsync(id, now => now["progress"]["done"]!.GetValue<int>() == 5);
        for (var i = 0; i < EvaluationWorld.InFlight; i++)
            (await partial.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).ShouldBeTrue();

        // To everyone else it is dead from here on, in the middle of the next items.
        line.Dispose();
        world.Benchmark.Before = (_, _) => Task.CompletedTask;
        await world.BesideAsync(null, "--Jobs:CheckinSeconds=1");
        await world.StatusAsync(id, "succeeded");

        await world.ShouldBeWholeAsync(id);
    }

    [Fact]
    public async Task A_service_that_ends_goes_on_when_it_is_back()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres, "--role=api");
        var worker = await world.BesideAsync();
        world.Benchmark.Before = (measuring, stop) =>
            measuring.Ordinal < 4 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, stop);
        var id = await world.EvaluateAsync();
        await world.WaitAsync(id, now => now["progress"]["done"]!.GetValue<int>() == 4);

        await world.StopAsync(worker);
        (await world.GetAsync(id))["status"].GetValue<string>().ShouldBe("running");
        world.Benchmark.Before = (_, _) => Task.CompletedTask;
        await world.BesideAsync();
        await world.StatusAsync(id, "succeeded");

        await world.ShouldBeWholeAsync(id);
    }

    [Fact]
    public async Task Two_workers_measure_no_item_twice()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        await world.BesideAsync();
        world.Benchmark.Before = (_, stop) => Task.Delay(20, stop);
        var ids = new List<string>();
        for (var i = 0; i < 6; i++)
            ids.Add(await world.EvaluateAsync());

        foreach (var id in ids)
        {
            await world.StatusAsync(id, "succeeded");
            await world.ShouldBeWholeAsync(id);
        }
    }

    [Fact]
    public async Task Short_shares_take_turns_and_lose_nothing()
    {
        await using var world = await EvaluationWorld.StartAsync(
            postgres, "--Worker:SliceSeconds=1", "--Jobs:Concurrent=1", "--Worker:InFlight=1");
        world.Benchmark.Before = (_, stop) => Task.Delay(200, stop);
        var (one, two) = (await world.EvaluateAsync(), await world.EvaluateAsync());

        await world.WaitAsync(two, now => now["progress"]["done"]!.GetValue<int>() > 0);
        (await world.GetAsync(one))["status"].GetValue<string>().ShouldBe("running", "the second did not wait for its end");
        await world.StatusAsync(one, "succeeded");
        await world.StatusAsync(two, "succeeded");

        await world.ShouldBeWholeAsync(one);
        await world.ShouldBeWholeAsync(two);
    }

    [Fact]
    public async Task A_pause_and_a_cancellation_stop_what_is_being_measured_and_what_was_measured_stays()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        world.Benchmark.Before = (measuring, stop) =>
            measuring.Ordinal < 6 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, stop);
        var id = await world.EvaluateAsync();
        await world.WaitAsync(id, now => now["progress"]["done"]!.GetValue<int>() == 6);

        (await world.MoveAsync(id, "pause")).ShouldBe(200);
        await world.StatusAsync(id, "paused");
        (await world.MoveAsync(id, "pause")).ShouldBeProblem(409, "invalid-state")
            .Saying($"The evaluation {id} is paused; it can be paused while it is queued or running.");
        (await world.MoveAsync(id, "resume")).ShouldBe(200);
        await world.StatusAsync(id, "running");
        (await world.MoveAsync(id, "cancel")).ShouldBe(200);
        var ended = await world.StatusAsync(id, "cancelled");

        ended["progress"]["done"]!.GetValue<int>().ShouldBe(6);
        ended.Json["measures"].ShouldBeNull("not all items are done");
        (await world.ResultsAsync(id)).Count.ShouldBe(6);
        foreach (var action in new[] { "resume", "retry", "cancel" })
            (await world.MoveAsync(id, action)).ShouldBeProblem(409, "invalid-state");
    }

    [Fact]
    public async Task A_paused_evaluation_goes_on_with_the_items_that_are_left()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        world.Benchmark.Before = (measuring, stop) =>
            measuring.Ordinal < 6 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, stop);
        var id = await world.EvaluateAsync();
        await world.WaitAsync(id, now => now["progress"]["done"]!.GetValue<int>() == 6);
        (await world.MoveAsync(id, "pause")).ShouldBe(200);
        await world.StatusAsync(id, "paused");

        world.Benchmark.Before = (_, _) => Task.CompletedTask;
        (await world.MoveAsync(id, "resume")).ShouldBe(200);
        await world.StatusAsync(id, "succeeded");

        await world.ShouldBeWholeAsync(id);
    }

    [Fact]
    public async Task A_model_whose_file_was_replaced_is_refused_with_both_hashes_and_restored_it_is_used()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        var file = Path.Combine(world.Models, "tiny.gguf");
        var registered = await File.ReadAllBytesAsync(file);
        TinyGguf.Write(file, template: "[INST] {{ message }} [/INST]");
        var other = await File.ReadAllBytesAsync(file);

        var id = await world.EvaluateAsync();
        var failed = await world.StatusAsync(id, "failed");

        failed["failure"]["code"]!.GetValue<string>().ShouldBe("model-file-changed");
        failed.Saying("The file 'tiny.gguf'").Saying(Hash(registered)).Saying(Hash(other)).Text.ShouldNotContain(world.Models);
        (await world.Http.GetAsync($"/v1/models/{world.Model}/file")).ShouldBeProblem(409, "model-file-changed").Saying(Hash(other));
        (await world.ResultsAsync(id)).ShouldBeEmpty();
        await File.WriteAllBytesAsync(file, registered);
        (await world.MoveAsync(id, "retry")).ShouldBe(200);
        await world.StatusAsync(id, "succeeded");
        await world.ShouldBeWholeAsync(id);

        static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
    }

    [Fact]
    public async Task More_than_the_limit_of_unfinished_evaluations_are_refused_until_one_has_ended()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres, "--Jobs:MaxUnfinished=2");
        world.Benchmark.Before = (_, stop) => Task.Delay(Timeout.Infinite, stop);
        var first = await world.EvaluateAsync();
        await world.EvaluateAsync();

        (await world.PostAsync()).ShouldBeProblem(409, "too-many-unfinished").Saying("Jobs:MaxUnfinished");
        (await world.MoveAsync(first, "cancel")).ShouldBe(200);
        await world.StatusAsync(first, "cancelled");
        await world.EvaluateAsync();
    }

    [Fact]
    public async Task A_model_whose_file_is_gone_fails_the_evaluation_with_the_engines_code_and_a_retry_goes_on()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        world.Engine.Refusal = new("not-found", "The file is gone; put it back.");
        var id = await world.EvaluateAsync();

        var failed = await world.StatusAsync(id, "failed");
        failed["failure"].ToJsonString().ShouldBe("""{"code":"not-found","message":"The file is gone; put it back."}""");
        world.Engine.Refusal = null;
        (await world.MoveAsync(id, "retry")).ShouldBe(200);
        var ended = await world.StatusAsync(id, "succeeded");

        ended.Json["failure"].ShouldBeNull();
        await world.ShouldBeWholeAsync(id);
    }
}
