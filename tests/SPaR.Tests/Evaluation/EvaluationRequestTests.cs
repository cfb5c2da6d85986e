using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.Service.Evaluations;

namespace SPaR.Tests.Evaluation;

public sealed class EvaluationRequestTests
{
    private static readonly IBenchmark[] Benchmarks =
        [new WorldBenchmark(new ScriptedWorld()), new IfevalBenchmark(), new JudgeAgreementBenchmark(), new JudgedBenchmark()];

    [Theory]
    [InlineData("chess", null, "greedy", null, null, "benchmark", "ifeval, judge-agreement, judged, scripted-world")]
    [InlineData("ifeval", null, "greedy", null, null, "data", "/v1/benchmarks?benchmark=ifeval")]
    [InlineData("ifeval", "bmk_none", "greedy", null, null, "data", "'bmk_none'")]
    [InlineData("judge-agreement", "bmk_1", null, null, null, "data", "'bmk_1' has items of ifeval")]
    [InlineData("scripted-world", "bmk_1", null, "r", null, "data", "scripted-world")]
    [InlineData("ifeval", "bmk_1", "beam", null, null, "decoding", "greedy, sample, best-of-n, bfs, dfs")]
    [InlineData("ifeval", "bmk_1", "bfs", null, "j", "refiner", "bfs")]
    [InlineData("ifeval", "bmk_1", "best-of-n", null, null, "judge", "best-of-n")]
    [InlineData("ifeval", "bmk_1", "greedy", null, "j", "judge", "ifeval")]
    [InlineData("ifeval", "bmk_1", "best-of-n", "r", "j", "refiner", "use `judge`")]
    [InlineData("judge-agreement", "bmk_2", null, null, "j", "judge", "name it as `model`")]
    [InlineData("judge-agreement", "bmk_2", "bfs", null, null, "decoding", "judge-agreement")]
    public void Every_error_names_its_field_and_what_would_be_right(
        string benchmark, string? data, string? decoding, string? refiner, string? judge, string field, string hint)
    {
        var (_, errors) = Read(new(benchmark, "m", data, refiner, judge, decoding));

        var error = errors.ShouldHaveSingleItem();
        error.Field.ShouldBe(field);
        error.Message.ShouldContain(hint);
    }

    [Fact]
    public void The_refiner_judges_where_no_judge_is_named_and_nobody_who_is_not_asked_is_kept()
    {
        var (searched, errors) = Read(new("ifeval", "m", "bmk_1", "r", Decoding: "dfs", Limit: 2, Seed: 5));
        errors.ShouldBeEmpty();
        (searched.ActorId, searched.RefinerId, searched.JudgeId, searched.Decoding).ShouldBe(("m", "r", "r", Decoding.Dfs));
        (searched.Items, searched.DataHash, searched.Seed).ShouldBe((2, "hash", 5));

        var (greedy, none) = Read(new("ifeval", "m", "bmk_1"));
        none.ShouldBeEmpty();
        (greedy.RefinerId, greedy.JudgeId, greedy.Decoding, greedy.Items).ShouldBe((null, null, Decoding.Greedy, 3));
    }

    [Fact]
    public void A_benchmark_of_judges_measures_the_model_as_one()
    {
        var (judged, errors) = Read(new("judge-agreement", "m", "bmk_2"));

        errors.ShouldBeEmpty();
        (judged.ActorId, judged.JudgeId, judged.RefinerId, judged.Decoding).ShouldBe(("m", "m", null, null));
    }

    [Fact]
    public void What_a_recipe_says_of_rounds_has_no_effect_and_is_refused()
    {
        var recipe = JsonElement.Parse("""
            { "train": {}, "evaluate": { "benchmarks": ["b"] }, "rollback": { "benchmark": "b", "measure": "m" },
              "instructions_per_round": 3 }
            """);

        Read(new("ifeval", "m", "bmk_1", Recipe: recipe)).Errors.Select(e => e.Field)
            .ShouldBe(["recipe.train", "recipe.evaluate", "recipe.rollback", "recipe.instructions_per_round"]);
    }

    [Fact]
    public void Whoever_is_measured_is_not_told_the_truth() =>
        Read(new("ifeval", "m", "bmk_1", Recipe: JsonElement.Parse("""{ "judge": { "judging": "votes+verifier" } }"""))).Errors
            .Select(e => e.Field).ShouldBe(["recipe.judge.judging"]);

    [Fact]
    public void A_name_and_a_limit_have_their_ranges() =>
        Read(new("ifeval", "m", "bmk_1", Limit: 0, Name: " ")).Errors.Select(e => e.Field).ShouldBe(["name", "limit"]);

    private static (EvaluationRun Evaluation, List<FieldError> Errors) Read(EvaluationRequest request)
    {
        var errors = new List<FieldError>();
        var set = request.Data is "bmk_1" or "bmk_2"
            ? new BenchmarkSet
            {
                Id = request.Data,
                Name = "s",
                Benchmark = request.Data == "bmk_1" ? "ifeval" : "judge-agreement",
                Count = 3,
                Sha256 = "hash",
                CreatedAt = DateTimeOffset.UnixEpoch,
            }
            : null;
        return (EvaluationRequestReader.Read(request, Benchmarks, set, "evl_1", DateTimeOffset.UnixEpoch, errors), errors);
    }
}
