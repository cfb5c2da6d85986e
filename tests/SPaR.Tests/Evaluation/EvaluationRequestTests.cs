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
    [InlineData("chess", null, "greedy", null, null, "benchmark",
        "There is no benchmark 'chess'; there are ifeval, judge-agreement, judged, scripted-world.")]
    [InlineData("ifeval", null, "greedy", null, null, "data",
        "The benchmark ifeval measures items that you bring: POST them to /v1/benchmarks?benchmark=ifeval and give the id of the set here.")]
    [InlineData(
        "ifeval",
        "bmk_none",
        "greedy",
        null,
        null,
        "data",
        "There is no benchmark set 'bmk_none'; /v1/benchmarks lists those there are.")]
    [InlineData("judge-agreement", "bmk_1", null, null, null, "data", "The set 'bmk_1' has items of ifeval, not of judge-agreement.")]
    [InlineData("scripted-world", "bmk_1", null, "r", null, "data", "The benchmark scripted-world has items of its own; leave data out.")]
    [InlineData("ifeval", "bmk_1", "beam", null, null, "decoding", "'beam' is none of greedy, sample, best-of-n, bfs, dfs.")]
    [InlineData("ifeval", "bmk_1", "bfs", null, "j", "refiner", "The decoding bfs asks a refiner; give the id of a model.")]
    [InlineData("ifeval", "bmk_1", "best-of-n", null, null, "judge", "The decoding best-of-n asks a judge; give the id of a model.")]
    [InlineData("ifeval", "bmk_1", "greedy", null, "j", "judge",
        "Nobody asks it: The benchmark ifeval has no need of one. Leave it out.")]
    [InlineData("ifeval", "bmk_1", "best-of-n", "r", "j", "refiner",
        "Nobody asks it: The decoding best-of-n has no need of one. Leave it out, and name a judge as judge.")]
    [InlineData(
        "judge-agreement",
        "bmk_2",
        null,
        null,
        "j",
        "judge",
        "The benchmark judge-agreement asks the judge alone; name it as model.")]
    [InlineData("judge-agreement", "bmk_2", "bfs", null, null, "decoding",
        "The benchmark judge-agreement has no answers given, so nothing is decoded; leave it out.")]
    public void What_cannot_be_taken_is_named_with_what_would_be_right(
        string benchmark, string? data, string? decoding, string? refiner, string? judge, string field, string message)
    {
        var (_, errors) = Read(new(benchmark, "m", data, refiner, judge, decoding));

        errors.ShouldBe([new(field, message)]);
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
            { "train": {}, "evaluate": { "benchmarks": ["b"] }, "rollback": { "benchmark": "b", "measure": "m" }, "instructions_per_round": 3 }
            """);

        Read(new("ifeval", "m", "bmk_1", Recipe: recipe)).Errors.Select(e => e.Field)
            .ShouldBe(["recipe.train", "recipe.evaluate", "recipe.rollback", "recipe.instructions_per_round"]);
    }

    [Fact]
    public void Whoever_is_measured_is_not_told_the_truth() =>
        Read(new("ifeval", "m", "bmk_1", Recipe: JsonElement.Parse("""{ "judge": { "judging": "votes+verifier" } }"""))).Errors.ShouldBe(
            [new("recipe.judge.judging", "votes+verifier has no effect in an evaluation, which tells no judge the truth; choose votes.")]);

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
