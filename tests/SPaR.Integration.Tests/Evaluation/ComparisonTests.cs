namespace SPaR.Integration.Tests.Evaluation;

/// <summary>Two evaluations of the same items held against each other.</summary>
public sealed class ComparisonTests(PostgresFixture postgres)
{
    [Fact]
    public async Task The_difference_has_its_interval_p_value_wins_and_losses_and_is_the_same_every_time()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        var (greedy, searched) = await BothAsync(world);

        var comparison = (await world.Http.GetAsync($"/v1/evaluations/{greedy}/compare/{searched}")).ShouldBe(200);

        comparison["paired"].GetValue<int>().ShouldBe(12);
        var match = comparison["measures"]["exact_match"]!;
        match["a"]!["mean"]!.GetValue<double>().ShouldBe(2.0 / 12, 1e-9);
        match["b"]!["mean"]!.GetValue<double>().ShouldBe(9.0 / 12, 1e-9);
        match["difference"]!.GetValue<double>().ShouldBe(7.0 / 12, 1e-9);
        match["low"]!.GetValue<double>().ShouldBeInRange(-0.2, 7.0 / 12);
        match["high"]!.GetValue<double>().ShouldBeInRange(7.0 / 12, 1);
        match["p_value"]!.GetValue<double>().ShouldBeInRange(0.01, 0.2);
        (match["wins"]!.GetValue<int>(), match["losses"]!.GetValue<int>(), match["ties"]!.GetValue<int>()).ShouldBe((9, 2, 1));
        (comparison["a"]["decoding"]!.GetValue<string>(), comparison["b"]["decoding"]!.GetValue<string>()).ShouldBe(("greedy", "bfs"));
        (await world.Http.GetAsync($"/v1/evaluations/{greedy}/compare/{searched}?seed=1")).Text.ShouldBe(comparison.Text);
        (await world.Http.GetAsync($"/v1/evaluations/{greedy}/compare/{searched}?seed=2"))["seed"].GetValue<string>().ShouldBe("2");
    }

    [Fact]
    public async Task The_items_stand_side_by_side_by_outcome_and_page()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        var (greedy, searched) = await BothAsync(world);
        var items = $"/v1/evaluations/{greedy}/compare/{searched}/items";

        var wins = (await world.Http.GetAsync($"{items}?outcome=win&limit=4")).ShouldBe(200);
        wins["data"].AsArray().Select(i => i!["key"]!.GetValue<string>()).ShouldBe(["q0", "q1", "q2", "q3"]);
        var first = wins["data"][0]!;
        first["a"]!["text"]!.GetValue<string>().ShouldBe("a poor answer");
        first["b"]!["text"]!.GetValue<string>().ShouldBe("a good answer");
        (await world.Http.GetAsync($"{items}?outcome=win&after={wins["after"]}"))["data"].AsArray().Count.ShouldBe(5);
        (await world.Http.GetAsync($"{items}?outcome=loss&measure=exact_match"))["data"].AsArray()
            .Select(i => i!["key"]!.GetValue<string>()).ShouldBe(["q9", "q10"]);
        (await world.Http.GetAsync($"{items}?outcome=tie"))["data"].AsArray().ShouldHaveSingleItem()!["ordinal"]!.GetValue<int>()
            .ShouldBe(11);
        (await world.Http.GetAsync(items))["data"].AsArray().Count.ShouldBe(12);
        (await world.Http.GetAsync($"{items}?outcome=draw&measure=speed"))
            .ShouldBeProblem(422, "not-comparable", "outcome", "measure").Saying("exact_match");
    }

    [Fact]
    public async Task What_was_measured_with_something_else_or_is_not_done_is_not_compared()
    {
        await using var world = await EvaluationWorld.StartAsync(postgres);
        var noted = await world.EvaluateAsync();
        var one = await world.EvaluateAsync($$"""{ "benchmark": "exact-match", "data": "{{await world.UploadAsync("a")}}" }""");
        var other = await world.EvaluateAsync($$"""{ "benchmark": "exact-match", "data": "{{await world.UploadAsync("b")}}" }""");
        foreach (var id in new[] { noted, one, other })
            await world.StatusAsync(id, "succeeded");

        await ShouldBeRefusedAsync(noted, one, "benchmark");
        await ShouldBeRefusedAsync(one, other, "data");
        (await world.Http.GetAsync($"/v1/evaluations/{one}/compare/evl_none")).ShouldBeProblem(404, "not-found");
        world.Benchmark.Before = (_, stop) => Task.Delay(Timeout.Infinite, stop);
        await ShouldBeRefusedAsync(noted, await world.EvaluateAsync(), "b");

        async Task ShouldBeRefusedAsync(string a, string b, string field)
        {
            (await world.Http.GetAsync($"/v1/evaluations/{a}/compare/{b}")).ShouldBeProblem(422, "not-comparable", field);
            (await world.Http.GetAsync($"/v1/evaluations/{a}/compare/{b}/items")).ShouldBeProblem(422, "not-comparable", field);
        }
    }

    /// <summary>Nine questions want what the search mends, two what stood before it, one neither.</summary>
    private static async Task<(string Greedy, string Searched)> BothAsync(EvaluationWorld world)
    {
        var set = await world.UploadAsync(
            [.. Enumerable.Repeat("a good answer", 9), .. Enumerable.Repeat("a poor answer", 2), "none"]);
        var greedy = await world.EvaluateAsync($$"""{ "benchmark": "exact-match", "data": "{{set}}" }""");
        var searched = await world.EvaluateAsync(
            $$"""{ "benchmark": "exact-match", "data": "{{set}}", "decoding": "bfs", "refiner": "{{world.Model}}" }""");
        await world.StatusAsync(greedy, "succeeded");
        await world.StatusAsync(searched, "succeeded");
        return (greedy, searched);
    }
}
