using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Evaluation;

public sealed class JudgeAgreementBenchmarkCompliance : BenchmarkCompliance
{
    protected override IBenchmark Create() => new JudgeAgreementBenchmark();

    private protected override ScriptedEngine Engine()
    {
        var engine = new ScriptedEngine();
        engine.JudgeBy((_, seed) => seed % 3 == 0 ? Yes : No);
        return engine;
    }
}

public sealed class JudgeAgreementBenchmarkTests
{
    [Theory]
    [InlineData("true", 3, 1, 2, 2, 0)]
    [InlineData("\"good\"", 2, 1, 2, 2, 0.1111)]
    [InlineData("\"bad\"", 2, 0, 0, 1, 0.4444)]
    [InlineData("false", 0, 1, 0, 0, 0)]
    public async Task A_judgement_is_held_against_the_truth(string label, int yes, double right, double found, double cases, double brier)
    {
        var result = (await MeasureAsync($$"""{ "instruction": "do", "answer": "it", "label": {{label}}, "by": "self" }""", yes)).Single();

        result.Tallies[0].ShouldBe(new("accuracy", right, Group: "self"));
        result.Tallies[1].ShouldBe(new("f1", found, cases, "self"));
        result.Tallies[2].Hits.ShouldBe(brier, 1e-4);
        result.Usage.Generated.ShouldBe(3);
        result.Judged.ShouldBe(1);
    }

    [Fact]
    public async Task A_judge_that_cannot_be_read_is_wrong_and_gave_a_half()
    {
        var result = (await MeasureAsync("""{ "instruction": "do", "answer": "it", "label": false }""", yes: -1)).Single();

        result.Tallies.ShouldBe([new("accuracy", 0), new("f1", 0, 0), new("brier_score", 0.25)]);
    }

    [Fact]
    public void A_pair_of_llmbars_is_a_good_answer_and_a_bad_one()
    {
        var json = JsonDocument.Parse("""{ "input": "do", "output_1": "wrong", "output_2": "right", "label": 2 }""").RootElement;
        var items = new JudgeAgreementBenchmark().Read(json, Place.Element(4, ""), []);

        items.Select(i => i.Key).ShouldBe(["[4]-1", "[4]-2"]);
        items.Select(i => i.Body.GetProperty("answer").GetString()).ShouldBe(["wrong", "right"]);
        items.Select(i => i.Body.GetProperty("good").GetBoolean()).ShouldBe([false, true]);
    }

    [Theory]
    [InlineData("""{ "instruction": "do", "answer": "it" }""", "line 1: label")]
    [InlineData("""{ "instruction": "do", "answer": "it", "label": "fine" }""", "line 1: label")]
    [InlineData("""{ "instruction": "do", "answer": "it", "label": true, "by": "me" }""", "line 1: by")]
    [InlineData("""{ "instruction": "do", "answer": " ", "label": true }""", "line 1: answer")]
    [InlineData("""{ "input": "do", "output_1": "a", "output_2": "b", "label": 0 }""", "line 1: label")]
    [InlineData("""{ "input": "do", "output_1": "a", "label": 1 }""", "line 1: output_2")]
    [InlineData("""{ "input": "do", "output_1": "a", "output_2": "b", "label": 1, "answer": "a" }""", "line 1: answer")]
    public void Faults_are_named(string line, string field)
    {
        var errors = new List<FieldError>();
        new JudgeAgreementBenchmark().Read(JsonDocument.Parse(line).RootElement, Place.Line(1), errors).ShouldBeEmpty();

        errors.ShouldHaveSingleItem().Field.ShouldBe(field);
    }

    [Fact]
    public async Task Metrics_come_from_the_results_of_all_items()
    {
        var results = await MeasureAsync("""{ "input": "do", "output_1": "yes", "output_2": "no", "label": 1 }""", yes: 3, no: 0);
        var metrics = new JudgeAgreementBenchmark().Metrics(results);

        metrics["pairwise_agreement"].Mean.ShouldBe(1);
        metrics["pairwise_agreement"].Count.ShouldBe(1);
        metrics["expected_calibration_error"].Mean.ShouldBe(0);
        metrics["tokens_per_judgement"].Mean.ShouldBe(3);
        metrics["self_preference"].ShouldBe(new(0, -2, 2, 0), "nobody says who wrote them");
    }

    /// <param name="yes">Votes of three that say yes; -1 if none is readable.</param>
    /// <param name="no">The same for an answer "no".</param>
    private static Task<IReadOnlyList<ItemResult>> MeasureAsync(string line, int yes, int? no = null)
    {
        var engine = new ScriptedEngine();
        foreach (var answer in new[] { "it", "yes" })
            engine.WhenJudging(answer).Say(Votes(yes));
        engine.WhenJudging("no").Say(Votes(no ?? yes));
        var benchmark = new JudgeAgreementBenchmark();
        var items = benchmark.Read(JsonDocument.Parse(line).RootElement, Place.Line(1), []);
        return UnstoredEvaluation.RunAsync(
            benchmark, items, new(engine, engine, engine), Plain with { Judge = new() { Votes = 3 } }, Decoding.Greedy, 1, default);

        static Verdict[] Votes(int count) => [.. Enumerable.Range(0, 3).Select(i => count < 0 ? Hm : i < count ? Yes : No)];
    }
}

public sealed class JudgeFiguresTests
{
    [Fact]
    public void Calibration_compares_values_with_truths_in_ten_bins()
    {
        // In [0.9, 1]: mean value 0.95, half of them true; in [0.2, 0.3): 0.25 and none true.
        JudgedCase[] cases = [Case(1.0, 1), Case(0.9, 0), Case(0.25, 0), Case(0.25, 0)];

        JudgeMetrics.CalibrationError(cases)!.Value.ShouldBe(0.5 * 0.45 + 0.5 * 0.25, 1e-12);
    }

    [Fact]
    public void Self_preference_is_how_much_more_the_judge_overrates_its_own_answers()
    {
        JudgedCase[] cases = [Case(1, 0, by: "self"), Case(0.8, 1, by: "self"), Case(0.5, 0, by: "other"), Case(0.9, 1, by: "other")];

        JudgeMetrics.SelfPreference(cases)!.Value.ShouldBe((1 - 0.2) / 2 - (0.5 - 0.1) / 2, 1e-12);
        JudgeMetrics.SelfPreference(cases[..2]).ShouldBeNull("there are no others to compare with");
    }

    [Fact]
    public void Length_bias_is_the_correlation_of_overrating_with_the_logarithm_of_length()
    {
        JudgedCase[] longer = [Case(0, 0, length: 9), Case(0.5, 0, length: 99), Case(1, 0, length: 999)];

        JudgeMetrics.LengthBias(longer)!.Value.ShouldBe(1, 1e-9);
        JudgeMetrics.LengthBias([.. longer.Select(c => c with { Value = 1 - c.Value })])!.Value.ShouldBe(-1, 1e-9);
        JudgeMetrics.LengthBias([Case(0, 0, length: 5), Case(1, 0, length: 5)]).ShouldBeNull("all are equally long");
    }

    [Fact]
    public void A_pair_agrees_when_the_better_side_has_the_higher_value_and_half_where_both_have_the_same()
    {
        JudgedCase[] cases =
        [
            Case(0.8, 1, pair: "a"), Case(0.2, 0, pair: "a"), Case(0.2, 1, pair: "b"), Case(0.8, 0, pair: "b"), Case(1, 1, pair: "c"),
            Case(1, 0, pair: "c"), Case(1, 1, pair: "alone"), Case(1, 1),
        ];

        JudgeMetrics.Agreements(cases).ShouldBe([1, 0, 0.5]);
    }

    private static JudgedCase Case(double value, int truth, int length = 10, string? by = null, string? pair = null) =>
        new(Label.Tie, value, truth, length, 1, [], by, pair);
}
