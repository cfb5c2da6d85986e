using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Evaluation;

/// <summary>An evaluation from its request to its figures.</summary>
public sealed class EvaluationTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Its_measures_stand_at_the_end_with_groups_tokens_and_what_made_them()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        var created = (await world.PostAsync("""{ "name": "first" }""")).ShouldBe(201);
        created["measures"].ShouldBeNull();

        var ended = await world.StatusAsync(created.Id, "succeeded");

        ended.Id.ShouldStartWith("evl_");
        ended["measures"]["right"]!["mean"]!.GetValue<double>().ShouldBe(0.5);
        ended["measures"]["right"]!["count"]!.GetValue<int>().ShouldBe(12);
        ended["groups"].AsObject().Select(g => g.Key).ShouldBe(["g0", "g1", "g2"]);
        ended["progress"].ToJsonString().ShouldBe("""{"total":12,"done":12,"too_long":0,"failed":0}""");
        ended["tokens"].ToJsonString().ShouldBe("""{"prefill_computed":120,"prefill_forked":60,"generated":12}""");
        (ended["generations"].GetValue<long>(), ended["judged"].GetValue<long>()).ShouldBe((12, 0));
        (ended["decoding"].GetValue<string>(), ended["seed"].GetValue<string>()).ShouldBe(("greedy", "7"));
        ended.Json["refiner"].ShouldBeNull();
        await world.ShouldBeWholeAsync(created.Id);
        var page = await world.Http.GetAsync($"/v1/evaluations/{created.Id}/results?limit=5");
        page["data"].AsArray().Select(r => r!["key"]!.GetValue<string>()).ShouldBe(Enumerable.Range(0, 5).Select(i => $"item-{i}"));
        var result = page["data"][4]!;
        result["text"]!.GetValue<string>().ShouldBe("a poor answer");
        result["actor_sha256"]!.GetValue<string>().ShouldBe(new string('0', 64));
        result["judge_sha256"].ShouldBeNull();
        result["prompt_sha256"]!.GetValue<string>().Length.ShouldBe(64);
        (await world.Http.GetAsync($"/v1/evaluations/{created.Id}/results?after={page["after"]}"))["data"].AsArray().Count.ShouldBe(7);
    }

    [Fact]
    public async Task Twice_the_same_evaluation_gives_the_same_bytes()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        var (one, two) = (await world.EvaluateAsync(), await world.EvaluateAsync());
        await world.StatusAsync(one, "succeeded");
        await world.StatusAsync(two, "succeeded");

        var first = await world.Http.GetAsync($"/v1/evaluations/{one}/results.ndjson");
        first.Type.ShouldBe("application/x-ndjson");
        first.Text.ShouldBe((await world.Http.GetAsync($"/v1/evaluations/{two}/results.ndjson")).Text);
    }

    [Fact]
    public async Task A_limit_measures_the_first_items_and_best_of_n_asks_the_judge_that_the_refiner_is()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        var set = await world.UploadAsync("a good answer", "a poor answer", "no");

        var id = await world.EvaluateAsync($$"""
            {
              "benchmark": "exact-match", "data": "{{set}}", "limit": 2, "decoding": "bfs", "refiner": "{{world.Model}}",
              "recipe": { "judge": { "votes": 5 } }
            }
            """);
        var ended = await world.StatusAsync(id, "succeeded");

        ended["progress"]["total"]!.GetValue<int>().ShouldBe(2);
        ended["judge"].GetValue<string>().ShouldBe(world.Model);
        // The poor answer is mended into a good one, which the first question wants.
        ended["measures"]["exact_match"]!["mean"]!.GetValue<double>().ShouldBe(0.5);
        ended["judged"].GetValue<long>().ShouldBeGreaterThan(2);
    }

    [Fact]
    public async Task An_item_that_does_not_fit_and_one_that_fails_are_counted_and_a_retry_takes_up_the_failed_one_alone()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        world.Benchmark.Before = (measuring, _) => measuring.Ordinal switch
        {
            3 => throw new PromptTooLongException(9, 1, 5),
            4 => throw new InvalidOperationException("The fourth broke."),
            _ => Task.CompletedTask,
        };
        var id = await world.EvaluateAsync();

        var ended = await world.StatusAsync(id, "succeeded");
        ended["progress"].ToJsonString().ShouldBe("""{"total":12,"done":10,"too_long":1,"failed":1}""");
        ended["measures"]["right"]!["count"]!.GetValue<int>().ShouldBe(10);
        var results = await world.ResultsAsync(id);
        results[3]["state"]!.GetValue<string>().ShouldBe("too-long");
        results[3]["message"]!.GetValue<string>().ShouldStartWith("The prompt has 9 tokens");
        results[4]["message"]!.GetValue<string>().ShouldBe("The fourth broke.");
        results[4]["tallies"]!.AsArray().ShouldBeEmpty();

        world.Benchmark.Before = (_, _) => Task.CompletedTask;
        (await world.MoveAsync(id, "retry")).ShouldBe(200);
        ended = await world.StatusAsync(id, "succeeded");

        ended["progress"].ToJsonString().ShouldBe("""{"total":12,"done":11,"too_long":1,"failed":0}""");
        ended["measures"]["right"]!["count"]!.GetValue<int>().ShouldBe(11);
        world.Benchmark.Measured.Count.ShouldBe(11, "what stood was kept");
        (await world.MoveAsync(id, "retry")).ShouldBeProblem(409, "invalid-state").Saying("nothing to retry");
    }

    [Fact]
    public async Task Where_every_item_fails_the_evaluation_does()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        world.Benchmark.Before = (_, _) => throw new InvalidOperationException("All broke.");
        var id = await world.EvaluateAsync();

        var failed = await world.StatusAsync(id, "failed");
        failed["failure"]["code"]!.GetValue<string>().ShouldBe("no-item-measured");
        failed["failure"]["message"]!.GetValue<string>().ShouldContain("All broke.");
        world.Benchmark.Before = (_, _) => Task.CompletedTask;
        (await world.MoveAsync(id, "retry")).ShouldBe(200);
        await world.StatusAsync(id, "succeeded");
        await world.ShouldBeWholeAsync(id);
    }

    // It had succeeded, without a measure.
    [Fact]
    public async Task Where_no_item_fits_the_evaluation_fails_and_says_what_to_shorten()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        world.Benchmark.Before = (_, _) => throw new PromptTooLongException(9, 1, 5);

        var failed = await world.StatusAsync(await world.EvaluateAsync(), "failed");

        failed["failure"]["code"]!.GetValue<string>().ShouldBe("no-item-measured");
        failed["failure"]["message"]!.GetValue<string>().ShouldContain("lower max_tokens");
        failed["progress"].ToJsonString().ShouldBe("""{"total":12,"done":0,"too_long":12,"failed":0}""");
    }

    [Fact]
    public async Task What_can_be_listed_is_listed_by_benchmark_model_and_run()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        var noted = await world.EvaluateAsync();
        var set = await world.UploadAsync("a");
        var asked = await world.EvaluateAsync($$"""{ "benchmark": "exact-match", "data": "{{set}}" }""");

        (await IdsAsync("")).ShouldBe([asked, noted]);
        (await IdsAsync("?benchmark=noted")).ShouldBe([noted]);
        (await IdsAsync($"?model={world.Model}")).ShouldBe([asked, noted]);
        (await IdsAsync("?model=mdl_other")).ShouldBeEmpty();
        (await IdsAsync("?run=run_other")).ShouldBeEmpty();

        async Task<IEnumerable<string>> IdsAsync(string query) =>
            (await world.Http.GetAsync($"/v1/evaluations{query}"))["data"].AsArray().Select(e => e!["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Its_events_go_on_from_the_last_that_a_client_has_seen_and_end_with_it()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        var id = await world.EvaluateAsync();
        await world.StatusAsync(id, "succeeded");

        var stream = await ServerSentEvents.ReadAsync(
            world.Http, $"/v1/evaluations/{id}/events", "0", TestContext.Current.CancellationToken);

        stream.Select(e => e.Type).ShouldBe(["evaluation.queued", "evaluation.running", "evaluation.succeeded", "progress"]);
        stream[^1].Data["progress"]!["done"]!.GetValue<int>().ShouldBe(12);
    }

    [Fact]
    public async Task Every_fault_of_a_request_is_named_by_field()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);

        (await world.PostAsync("""
            { "benchmark": "exact-match", "model": "mdl_none", "decoding": "bfs", "limit": 0,
              "recipe": { "train": {}, "judge": { "votes": 0 } } }
            """)).ShouldBeProblem(
            422, "invalid-evaluation", "data", "limit", "recipe.judge.votes", "recipe.train", "refiner", "model");
        (await world.PostAsync("""{ "benchmark": "chess" }""")).ShouldBeProblem(422, "invalid-evaluation", "benchmark")
            .Saying("exact-match, noted");
        (await world.Http.GetAsync("/v1/evaluations"))["data"].AsArray().ShouldBeEmpty("nothing was stored");
        (await world.GetAsync("evl_none")).ShouldBeProblem(404, "not-found");
        (await world.MoveAsync("evl_none", "pause")).ShouldBeProblem(404, "not-found");
    }
}
