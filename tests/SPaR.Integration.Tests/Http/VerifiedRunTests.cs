using System.Text.Json.Nodes;

namespace SPaR.Integration.Tests.Http;

/// <summary>One instruction with constraints, from its upload to the trainers' formats, as a client sees it.</summary>
public sealed class VerifiedRunTests(SharedService shared) : IClassFixture<SharedService>
{
    private const string NoPoor = """{ "id": "keywords:forbidden_words", "kwargs": { "forbidden_words": ["poor"] } }""";
    private readonly HttpService _service = shared.Service;

    [Fact]
    public async Task The_verifiers_verdict_stays_with_an_answer_from_the_sample_to_the_pair()
    {
        // The model's answer has the word, its refinement does not.
        var set = await SubmitAsync(
            $$"""{"prompt":"one","constraints":[{{NoPoor}}, {"id":"punctuation:no_comma"}]}""", """{"prompt":"two"}""");

        var run = await RunAsync(set, "votes");

        var tree = await TreeAsync(run, 0);
        Strict(tree["answers"][0]!["verifier"]).ShouldBe("keywords:forbidden_words False, punctuation:no_comma True; False 0.5");
        Strict(tree["nodes"][0]!["verifier"]).ShouldBe("keywords:forbidden_words False, punctuation:no_comma True; False 0.5");
        Strict(tree["nodes"][1]!["verifier"]).ShouldBe("keywords:forbidden_words True, punctuation:no_comma True; True 1");
        (await TreeAsync(run, 1))["answers"][0]!["verifier"].ShouldBeNull("it has no constraints");

        var pairs = (await _service.GetAsync($"/v1/runs/{run.Id}/preferences?format=spar")).Lines;
        Strict(pairs[0]["chosen_verifier"]).ShouldEndWith("True 1");
        Strict(pairs[0]["rejected_verifier"]).ShouldEndWith("False 0.5");
        pairs[0]["constraints"]![0]!["id"]!.GetValue<string>().ShouldBe("keywords:forbidden_words");
        pairs[1]["chosen_verifier"].ShouldBeNull();
        var trl = (await _service.GetAsync($"/v1/runs/{run.Id}/preferences")).Lines[0];
        trl.AsObject().Select(p => p.Key).ShouldBe(["prompt", "chosen", "rejected"], "trainers get what they read and no more");

        var metrics = run["verifier"];
        metrics["sampled"]!.ToJsonString().ShouldBe("""{"count":5,"all":0,"share":0}""");
        metrics["chosen"]!.ToJsonString().ShouldBe("""{"count":1,"all":1,"share":1}""");
        metrics["rejected"]!.ToJsonString().ShouldBe("""{"count":1,"all":0,"share":0}""");
        metrics["judge"]!.ToJsonString().ShouldBe(
            """{"good_followed":1,"good_violated":0,"bad_followed":0,"bad_violated":5,"undecided":0,"accuracy":1}""");
        run["rounds"][0]!["verifier"]!.ToJsonString().ShouldBe(metrics.ToJsonString());
    }

    [Fact]
    public async Task Verified_answers_measure_any_judge()
    {
        var set = await SubmitAsync($$"""{"prompt":"one","constraints":[{{NoPoor}}]}""", """{"prompt":"two"}""");
        var run = await RunAsync(set, "votes");

        var data = (await _service.PostAsync("/v1/benchmarks/of-run", $$"""{"run":"{{run.Id}}","round":1}""")).ShouldBe(201);

        data["benchmark"].GetValue<string>().ShouldBe("judge-agreement");
        var items = (await _service.GetAsync($"/v1/benchmarks/{data.Id}/items"))["data"].AsArray();
        items.Select(i => $"{i!["key"]} {i["body"]!["good"]}").ShouldBe(
            ["1/0/a0 false", "1/0/a1 false", "1/0/a2 false", "1/0/a3 false", "1/0/a4 false", "1/0/r.0 true"]);
        (await _service.PostAsync("/v1/benchmarks/of-run", $$"""{"run":"{{run.Id}}","round":2}"""))
            .ShouldBeProblem(422, "invalid-benchmark", "round");
        (await _service.PostAsync("/v1/benchmarks/of-run", """{"run":"run_1"}""")).ShouldBeProblem(422, "invalid-benchmark", "run");
        var plain = await RunAsync(await SubmitAsync("""{"prompt":"two"}"""), "votes");
        (await _service.PostAsync("/v1/benchmarks/of-run", $$"""{"run":"{{plain.Id}}"}"""))
            .ShouldBeProblem(422, "invalid-benchmark", "run").Saying("constraints");
    }

    [Fact]
    public async Task A_violated_constraint_overrules_the_votes()
    {
        // The judge accepts anything with "good": the answer and its refinement, neither of which is short enough.
        var set = await SubmitAsync(
            """
            {"prompt":"easy","constraints":{
              "instruction_id_list":["length_constraints:number_words"],"kwargs":[{"relation":"less than","num_words":3}]}}
            """);

        var run = await RunAsync(set, "votes+verifier");

        run["recipe"]["judge"]!["judging"]!.GetValue<string>().ShouldBe("votes+verifier");
        run["progress"]["states"]!["search-failed"]!.GetValue<int>().ShouldBe(1, "no refinement follows it, whatever the votes say");
        var judgement = (await TreeAsync(run, 0))["answers"][0]!["judgements"]![0]!;
        (judgement["label"]!.GetValue<string>(), judgement["value"]!.GetValue<double>()).ShouldBe(("bad", 0));
        (judgement["voted_label"]!.GetValue<string>(), judgement["voted_value"]!.GetValue<double>()).ShouldBe(("good", 0.8));
        judgement["critique"]!.GetValue<int>().ShouldBe(0, "the only vote that said no");
        run["verifier"]["judge"]!["good_violated"]!.GetValue<int>().ShouldBe(5, "by its own votes the judge was wrong each time");
        run["verifier"]["judge"]!["accuracy"]!.GetValue<double>().ShouldBe(0);
        (await _service.GetAsync($"/v1/runs/{run.Id}/refiner-examples")).Lines.ShouldBeEmpty("overruled votes teach nothing");
    }

    [Fact]
    public async Task A_run_without_constraints_has_no_verifier_metrics_and_cannot_be_judged_by_the_verifier()
    {
        var set = await SubmitAsync("""{"prompt":"easy"}""");

        (await RunAsync(set, "votes")).Json["verifier"].ShouldBeNull();
        (await PostRunAsync(set, "votes+verifier")).ShouldBeProblem(422, "invalid-run", "recipe.judge.judging");
    }

    [Fact]
    public async Task Constraints_that_cannot_be_checked_are_refused_by_line_and_field() =>
        (await _service.PostAsync("/v1/instruction-sets?name=bad", """
            {"prompt":"fine","constraints":[{"id":"punctuation:no_comma"}]}
            {"prompt":"a","constraints":[{"id":"punctuation:no_coma"}]}
            {"prompt":"a","constraints":[{"id":"keywords:forbidden_words","kwargs":{"forbidden_words":"poor","n":1}}]}
            """, "application/x-ndjson")).ShouldBeProblem(
            422, "invalid-instructions", "line 2: constraints[0].id", "line 3: constraints[0].kwargs.forbidden_words",
            "line 3: constraints[0].kwargs.n").Saying("punctuation:no_comma");

    private static string Strict(JsonNode? verifier) =>
        $"{string.Join(", ", verifier!["constraints"]!.AsArray().Select(c => $"{c!["id"]} {c["strict"]!.GetValue<bool>()}"))}; "
        + $"{verifier["all_strict"]!.GetValue<bool>()} {verifier["share_strict"]!.ToJsonString()}";

    private async Task<string> SubmitAsync(params string[] instructions) => (await _service.PostAsync(
        "/v1/instruction-sets", $$"""{"name":"set","instructions":[{{string.Join(',', instructions)}}]}""")).ShouldBe(201).Id;

    private Task<Answer> PostRunAsync(string set, string judging) => _service.PostAsync(
        "/v1/runs",
        $$$"""{"instruction_set":"{{{set}}}","actor":"{{{shared.Model}}}","recipe":{"judge":{"judging":"{{{judging}}}"}},"seed":3}""");

    private async Task<Answer> RunAsync(string set, string judging)
    {
        var id = (await PostRunAsync(set, judging)).ShouldBe(201).Id;
        return await _service.WaitForRunAsync(id, status => status is "succeeded" or "failed");
    }

    private async Task<Answer> TreeAsync(Answer run, int ordinal)
    {
        var items = (await _service.GetAsync($"/v1/runs/{run.Id}/items"))["data"].AsArray();
        return (await _service.GetAsync($"/v1/runs/{run.Id}/trees/{items[ordinal]!["instruction_id"]}")).ShouldBe(200);
    }
}
