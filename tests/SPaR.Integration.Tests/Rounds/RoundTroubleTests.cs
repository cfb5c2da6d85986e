using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Jobs;

namespace SPaR.Integration.Tests.Rounds;

/// <summary>What stops a run in each of its stages, and that it goes on from there: nothing lost, nothing twice.</summary>
public sealed class RoundTroubleTests(PostgresFixture postgres)
{
    public static TheoryData<string> Stages => ["self-play", "train-actor", "train-refiner", "evaluate"];

    [Theory]
    [MemberData(nameof(Stages))]
    public async Task A_service_that_ends_in_a_stage_goes_on_there_when_it_is_back(string stage)
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var (id, release) = await HeldAsync(world, stage);

        await world.Service.RestartAsync();
        release();
        var run = await world.StatusAsync(id, "succeeded");

        await world.ShouldBeWholeAsync(run, 2);
        world.Benchmark.Asked.Count.ShouldBe(3, "what was evaluated stays, what was cut off goes on");
    }

    [Theory]
    [InlineData("self-play")]
    [InlineData("train-actor")]
    [InlineData("evaluate")]
    public async Task Reset_connections_to_the_database_cost_a_run_nothing(string stage)
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        using var line = CutLine.To(world.Service.Database);
        await world.Service.RestartAsync(
            $"--ConnectionStrings:Spar={line.Through(world.Service.Database)}", "--Jobs:RetrySeconds=0.5");
        var (id, release) = await HeldAsync(world, stage);

        for (var resets = 0; resets < 3; resets++)
        {
            line.Reset();
            await Task.Delay(400, TestContext.Current.CancellationToken);
        }

        release();
        await Wait.UntilAsync(async () => (await world.GetAsync(id)).Status == 200);
        var run = await world.StatusAsync(id, "succeeded");
        await world.ShouldBeWholeAsync(run, 2, isMeasuredOnce: false);
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public async Task A_run_is_paused_and_resumed_in_every_stage(string stage)
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var (id, release) = await HeldAsync(world, stage);

        (await world.MoveAsync(id, "pause")).ShouldBe(200);
        var paused = await world.StatusAsync(id, "paused");
        if (stage.StartsWith("train", StringComparison.Ordinal))
            (await world.TrainingsAsync())[^1].ShouldEndWith("paused");
        release();
        await Task.Delay(700, TestContext.Current.CancellationToken);
        (await world.GetAsync(id))["rounds"].ToJsonString().ShouldBe(paused["rounds"].ToJsonString(), "nothing goes on by itself");
        (await world.MoveAsync(id, "resume")).ShouldBe(200);
        var run = await world.StatusAsync(id, "succeeded");

        await world.ShouldBeWholeAsync(run, 2);
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public async Task A_run_is_cancelled_in_every_stage(string stage)
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var (id, release) = await HeldAsync(world, stage);

        (await world.MoveAsync(id, "cancel")).ShouldBe(200);
        var run = await world.StatusAsync(id, "cancelled");
        release();

        run["stage"].GetValue<string>().ShouldBe(stage);
        var trainings = await world.TrainingsAsync();
        trainings.Count.ShouldBe(stage switch { "self-play" => 0, "train-actor" => 1, _ => 2 });
        if (stage.StartsWith("train", StringComparison.Ordinal))
            trainings[^1].ShouldEndWith("cancelled");
        if (stage == "self-play")
            run["progress"]["states"]!["cancelled"]!.GetValue<int>().ShouldBe(20);
    }

    [Fact]
    public async Task A_failed_training_fails_the_run_with_its_reason_and_a_retry_resumes_both()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        world.Service.Tell("deaths=4");
        var id = await world.RunAsync(1);

        var failed = await world.StatusAsync(id, "failed");
        (await world.MoveAsync(id, "retry")).ShouldBe(200);
        var run = await world.StatusAsync(id, "succeeded");

        failed["detail"].GetValue<string>().ShouldStartWith(
            $"Round 1, train-actor: The training {failed["rounds"][1]!["actor_training"]} failed with trainer-died: The training "
            + "process died 4");
        await world.ShouldBeWholeAsync(run, 1);
        run["rounds"][1]!["actor_training"]!.GetValue<string>().ShouldBe(failed["rounds"][1]!["actor_training"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_training_that_would_fail_again_is_not_retried()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        world.Service.Tell("fail");
        var id = await world.RunAsync(1);
        await world.StatusAsync(id, "failed");

        (await world.MoveAsync(id, "retry")).ShouldBeProblem(409, "invalid-state").Saying("failed with not-finite, and would again");
    }

    [Fact]
    public async Task A_training_that_was_cancelled_by_hand_fails_the_run_and_a_retry_makes_another()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var (id, release) = await HeldAsync(world, "train-actor");
        var training = (await world.GetAsync(id))["rounds"][1]!["actor_training"]!.GetValue<string>();

        (await world.Service.MoveAsync(training, "cancel")).ShouldBe(200);
        (await world.StatusAsync(id, "failed"))["detail"].GetValue<string>().ShouldBe(
            $"Round 1, train-actor: The training {training} was cancelled");
        release();
        (await world.MoveAsync(id, "retry")).ShouldBe(200);
        var run = await world.StatusAsync(id, "succeeded");

        run["rounds"][1]!["actor_training"]!.GetValue<string>().ShouldNotBe(training);
        (await world.TrainingsAsync()).Count(t => t.StartsWith("loop round 1 actor", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task A_run_at_its_limit_trains_on_what_it_has_and_starts_no_further_round()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        var id = (await world.PostAsync(3, more: """{"target":{"tokens":1}}""")).ShouldBe(201).Id;

        var ended = await world.StatusAsync(id, "succeeded");

        ended["code"].GetValue<string>().ShouldBe("limit-reached");
        var rounds = ended["rounds"].AsArray();
        rounds.Select(r => r!["round"]!.GetValue<int>()).ShouldBe([0, 1]);
        rounds[1]!["stage"]!.GetValue<string>().ShouldBe("done");
    }

    [Fact]
    public async Task The_events_tell_every_stage()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        world.Service.Tell("slow");
        var id = await world.RunAsync(1);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/runs/{id}/events");
        request.Headers.Add("Accept", "text/event-stream");
        using var response = await world.Http.Client.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var stream = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var events = new List<JsonNode>();
        while (await stream.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal))
                continue;
            if (JsonNode.Parse(line[6..])! is not { } data || data["stage"] is null)
                continue;
            events.Add(data);
            // Each training waits until it was told of. The first is past step 1 before the second is told to wait there.
            if (events[^1]["stage"]!.GetValue<string>() == "train-actor")
            {
                await WaitsAsync(world, id, "actor");
                world.Service.Tell("slow=1");
            }

            if (events[^1]["stage"]!.GetValue<string>() == "train-refiner")
                world.Service.Untell("slow");
        }

        events.Select(e => $"{e["round"]} {e["stage"]}").Distinct().ShouldBeSubsetOf(
            ["0 evaluate", "1 self-play", "1 train-actor", "1 train-refiner", "1 evaluate", "1 done"]);
        events.Select(e => $"{e["stage"]}").ShouldContain("train-actor");
        events.Select(e => $"{e["stage"]}").ShouldContain("train-refiner");
    }

    /// <summary>A run of two rounds that stands still in a stage of the first.</summary>
    /// <returns>The run, and what lets it go on.</returns>
    private static async Task<(string Id, Action Release)> HeldAsync(RoundWorld world, string stage)
    {
        var gate = new TaskCompletionSource();
        if (stage == "self-play")
            world.Benchmark.Begun = _ => world.Engine.Gate = gate.Task;
        if (stage == "train-actor")
            world.Service.Tell("slow");
        if (stage == "evaluate")
            world.Benchmark.Hold = 1;
        var id = await world.RunAsync(2);
        await world.StageAsync(id, 1, stage);
        if (stage == "train-refiner")
            world.Service.Tell("slow");
        if (stage.StartsWith("train", StringComparison.Ordinal))
            await WaitsAsync(world, id, stage["train-".Length..]);
        else if (stage == "evaluate")
            await world.WaitAsync(id, _ => world.Benchmark.Asked.Count == 2);
        return (id, Release);

        void Release()
        {
            gate.TrySetResult();
            world.Service.Untell("slow");
        }
    }

    private static async Task WaitsAsync(RoundWorld world, string id, string role)
    {
        var partial = await world.WaitAsync(id, now => now["rounds"][1]![$"{role}_training"] is not null);
        var training = partial["rounds"][1]![$"{role}_training"]!;
        await world.Service.StepAsync(training.GetValue<string>(), 2);
    }
}
