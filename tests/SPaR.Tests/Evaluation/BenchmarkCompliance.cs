using System.Text.Json;
using System.Text.RegularExpressions;
using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Evaluation;

/// <summary>What every <see cref="IBenchmark"/> must do. A derived class creates the benchmark, and models that can take it.</summary>
public abstract partial class BenchmarkCompliance
{
    protected abstract IBenchmark Create();

    private protected abstract ScriptedEngine Engine();

    [Fact]
    public void Its_name_is_in_kebab_case() => Create().Name.ShouldMatch("^[a-z0-9]+(-[a-z0-9]+)*$");

    [Fact]
    public void Its_items_have_different_keys_and_are_the_same_every_time()
    {
        var items = Items(Create());

        items.ShouldNotBeEmpty();
        items.Select(i => i.Key).ShouldBeUnique();
        Items(Create()).Select(Written).ShouldBe(items.Select(Written));
        (Create().Own is null).ShouldBe(Create().Example is not null, "it brings items, or shows one");

        static string Written(BenchmarkItem item) => $"{item.Key} {item.Body.GetRawText()}";
    }

    [Fact]
    public void What_it_cannot_read_is_refused_by_place_and_field()
    {
        if (Create().Example is not { } example)
            return;
        Refused("[1]").ShouldContain(e => e.Field == "line 7");
        Refused("{}").ShouldAllBe(e => e.Field.StartsWith("line 7: ", StringComparison.Ordinal));
        Refused($$"""{ "colour": "red", {{example.Trim()[1..]}}""").Single().Field.ShouldBe("line 7: colour");
        Refused("""{ "key": "a\u0000" }""").Single().Field.ShouldBe("line 7");
    }

    [Fact]
    public void Its_columns_are_the_fields_of_its_example_and_its_description()
    {
        if (Create().Example is not { } example)
            return;
        var columns = Create().Columns.Select(column => column.Name).ToList();

        JsonDocument.Parse(example).RootElement.EnumerateObject().Select(field => field.Name).ShouldBeSubsetOf(columns);
        columns.ShouldAllBe(column => Create().Description.Contains(column, StringComparison.Ordinal));
    }

    [Fact]
    public void A_field_of_another_type_is_named()
    {
        if (Create().Example is not { } example)
            return;
        foreach (var field in JsonDocument.Parse(example).RootElement.EnumerateObject())
        {
            var broken = JsonDocument.Parse(example).RootElement.EnumerateObject()
                .ToDictionary(p => p.Name, p => p.Name == field.Name ? JsonSerializer.SerializeToElement(new { odd = 1 }) : p.Value);
            Refused(JsonSerializer.Serialize(broken)).ShouldContain(
                e => e.Field.StartsWith($"line 7: {field.Name}", StringComparison.Ordinal), field.Name);
        }
    }

    [Fact]
    public async Task Its_measures_are_in_snake_case_lie_in_their_intervals_and_stand_in_its_description()
    {
        var results = await MeasureAsync(Engine(), seed: 1);
        var measures = EvaluationMetrics.Of(Create(), results).Measures;

        results.SelectMany(r => r.Tallies).ShouldAllBe(t => t.Hits >= 0 && t.Hits <= t.Of);
        measures.ShouldNotBeEmpty();
        foreach (var (name, measure) in measures)
        {
            SnakeCase().IsMatch(name).ShouldBeTrue(name);
            measure.Low.ShouldBeLessThanOrEqualTo(measure.Mean, name);
            measure.High.ShouldBeGreaterThanOrEqualTo(measure.Mean, name);
            Create().Description.ShouldContain(name);
        }
    }

    [Fact]
    public async Task Its_metrics_have_the_same_names_for_any_results()
    {
        var names = Create().Metrics([]).Keys;

        Create().Metrics(await MeasureAsync(Engine(), seed: 1)).Keys.ShouldBe(names);
        names.ShouldAllBe(name => SnakeCase().IsMatch(name));
    }

    [Fact]
    public async Task Its_metrics_are_the_same_for_stored_results()
    {
        var results = await MeasureAsync(Engine(), seed: 1);

        Create().Metrics([.. results.Select(Stored)]).ShouldBe(Create().Metrics(results));

        static ItemResult Stored(ItemResult result) => result with
        {
            Detail = result.Detail is { } detail ? JsonDocument.Parse(detail.GetRawText()).RootElement : null,
        };
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_results()
    {
        var first = await MeasureAsync(Engine(), seed: 1);
        (await MeasureAsync(Engine(), seed: 1)).Select(Written).ShouldBe(first.Select(Written));

        static string Written(ItemResult result) => JsonSerializer.Serialize(result);
    }

    [Fact]
    public async Task It_scores_what_comes_after_reasoning()
    {
        var thinking = Engine();
        (thinking.Reasoning, thinking.Thought) = (new("<think>", "</think>"), "<think>\n7, no: Yes or No\n</think>\n\n");

        var scored = await MeasureAsync(thinking, seed: 1);

        scored.SelectMany(r => r.Tallies).ShouldBe((await MeasureAsync(Engine(), seed: 1)).SelectMany(r => r.Tallies));
        scored.Where(r => r.Text is not null).ShouldAllBe(r => r.Reasoning == "7, no: Yes or No");
    }

    [Fact]
    public async Task Another_seed_asks_with_other_seeds()
    {
        var (one, two) = (Engine(), Engine());
        await MeasureAsync(one, seed: 1);
        await MeasureAsync(two, seed: 2);

        Seeds(one).Intersect(Seeds(two)).ShouldBeEmpty();

        static IEnumerable<ulong> Seeds(ScriptedEngine engine) => engine.Requests.SelectMany(r => r.Seeds);
    }

    [Fact]
    public async Task It_asks_exactly_the_roles_that_it_says_it_needs()
    {
        var (actor, refiner, judge) = (Engine(), Engine(), Engine());
        await UnstoredEvaluation.RunAsync(
            Create(), Items(Create()), new(actor, refiner, judge), Plain, Decoding.Greedy, 1, CancellationToken.None);

        IsAsked(actor).ShouldBe(Create().Needs == BenchmarkNeeds.None || Create().Needs.HasFlag(BenchmarkNeeds.Answers));
        IsAsked(refiner).ShouldBe(Create().Needs.HasFlag(BenchmarkNeeds.Refiner));
        IsAsked(judge).ShouldBe(Create().Needs.HasFlag(BenchmarkNeeds.Judge));

        static bool IsAsked(ScriptedEngine engine) => engine.Requests.Count + engine.Scored.Count > 0;
    }

    [Fact]
    public async Task It_stops_when_told_to()
    {
        using var stop = new CancellationTokenSource();
        var engine = Engine();
        engine.Pace = _ => StopAsync();
        engine.ScoringPace = _ => StopAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => Create().RunAsync(
            Items(Create())[0], new("evl_1", 0, 1, new(engine, engine, engine), Plain, Decoding.Greedy), stop.Token));

        async Task StopAsync()
        {
            await Task.Yield();
            await stop.CancelAsync();
        }
    }

    private static IReadOnlyList<BenchmarkItem> Items(IBenchmark benchmark)
    {
        if (benchmark.Own is { } own)
            return own;
        var errors = new List<FieldError>();
        var items = benchmark.Read(JsonDocument.Parse(benchmark.Example!).RootElement, Place.Line(7), errors);
        errors.ShouldBeEmpty();
        return items;
    }

    private List<FieldError> Refused(string json)
    {
        var errors = new List<FieldError>();
        Create().Read(JsonDocument.Parse(json).RootElement, Place.Line(7), errors);
        errors.ShouldNotBeEmpty(json);
        errors.ShouldAllBe(e => e.Message.Length > 10);
        return errors;
    }

    private Task<IReadOnlyList<ItemResult>> MeasureAsync(ScriptedEngine engine, long seed) => UnstoredEvaluation.RunAsync(
        Create(), Items(Create()), new(engine, engine, engine), Plain, Decoding.Greedy, seed, CancellationToken.None);

    [GeneratedRegex("^[a-z0-9]+(_[a-z0-9]+)*$")]
    private static partial Regex SnakeCase();
}
