using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Pairs;

/// <summary>What people say of pairs, and what becomes of the pairs then.</summary>
public sealed class VerdictTests(SharedService shared) : IClassFixture<SharedService>
{
    private const string NoPoor = """[{ "id": "keywords:forbidden_words", "kwargs": { "forbidden_words": ["poor"] } }]""";

    private readonly HttpService _service = shared.Service;

    [Fact]
    public async Task A_verdict_is_kept_with_who_gave_it_and_when_and_found_by_filter()
    {
        var (run, pairs) = await PairsAsync(3);

        var given = (await PutAsync(pairs[1], """{ "verdict": "reject", "note": "Wrong." }""")).ShouldBe(200);

        (given["verdict"].GetValue<string>(), given["note"].GetValue<string>()).ShouldBe(("reject", "Wrong."));
        given["by"].GetValue<string>().ShouldStartWith("kept in");
        given["key"].GetValue<string>().ShouldStartWith("key_");
        (TimeProvider.System.GetUtcNow() - given["at"].GetValue<DateTimeOffset>()).ShouldBeLessThan(TimeSpan.FromMinutes(5));
        (await _service.GetAsync($"/v1/pairs/{pairs[1]}/verdict")).ShouldBe(200).Headers["ETag"].ShouldBe(given.Headers["ETag"]);
        (await ListAsync(run, "verdict=reject")).ShouldBe([pairs[1]]);
        (await ListAsync(run, "verdict=none")).ShouldBe([pairs[0], pairs[2]]);
        (await ListAsync(run, "")).ShouldBe(pairs);
        (await ListAsync(run, $"limit=1&after={pairs[0]}")).ShouldBe([pairs[1]]);
        (await _service.GetAsync($"/v1/pairs/{pairs[1]}"))["human"]!["verdict"]!.GetValue<string>().ShouldBe("reject");
    }

    [Fact]
    public async Task Two_people_do_not_overwrite_each_other()
    {
        var (_, pairs) = await PairsAsync(1);
        var first = (await PutAsync(pairs[0], """{ "verdict": "accept" }""", ("If-None-Match", "*"))).ShouldBe(200);

        (await PutAsync(pairs[0], """{ "verdict": "reject" }""")).ShouldBeProblem(428, "if-match-required");
        (await PutAsync(pairs[0], """{ "verdict": "reject" }""", ("If-None-Match", "*"))).ShouldBeProblem(412, "changed-meanwhile");
        (await PutAsync(pairs[0], """{ "verdict": "accept" }""")).ShouldBe(200).Headers["ETag"].ShouldBe(
            first.Headers["ETag"], "the same again, as a client sends it that lost the response");
        var second = (await PutAsync(pairs[0], """{ "verdict": "reject" }""", ("If-Match", first.Headers["ETag"]))).ShouldBe(200);
        (await PutAsync(pairs[0], """{ "verdict": "accept" }""", ("If-Match", first.Headers["ETag"])))
            .ShouldBeProblem(412, "changed-meanwhile");

        second.Headers["ETag"].ShouldNotBe(first.Headers["ETag"]);
        (await SendAsync(HttpMethod.Get, pairs[0], ("If-None-Match", second.Headers["ETag"]))).ShouldBe(304);
        (await SendAsync(HttpMethod.Delete, pairs[0])).ShouldBeProblem(428, "if-match-required");
        (await SendAsync(HttpMethod.Delete, pairs[0], ("If-Match", first.Headers["ETag"]))).ShouldBeProblem(412, "changed-meanwhile");
        (await SendAsync(HttpMethod.Delete, pairs[0], ("If-Match", second.Headers["ETag"]))).ShouldBe(204);
        (await SendAsync(HttpMethod.Get, pairs[0])).ShouldBeProblem(404, "not-found");
        (await PutAsync(pairs[0], """{ "verdict": "accept" }""", ("If-Match", "*"))).ShouldBeProblem(412, "changed-meanwhile");
    }

    [Fact]
    public async Task Of_two_verdicts_at_once_one_is_stored()
    {
        var (_, pairs) = await PairsAsync(1);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            i => PutAsync(pairs[0], $$"""{ "verdict": "accept", "note": "{{i}}" }""")));

        answers.Count(a => a.Status == 200).ShouldBe(1);
        answers.Count(a => a.Status == 428).ShouldBe(7);
    }

    [Fact]
    public async Task An_edited_answer_takes_the_place_of_the_chosen_one_in_exports()
    {
        var (run, pairs) = await PairsAsync(3);
        (await PutAsync(pairs[0], """{ "verdict": "edit", "chosen": "a better answer" }""")).ShouldBe(200);
        (await PutAsync(pairs[1], """{ "verdict": "reject" }""")).ShouldBe(200);

        (await ExportAsync(run, "")).ShouldBe(["a better answer", "a good answer", "a good answer"]);
        (await ExportAsync(run, "human=any")).Count.ShouldBe(3);
        (await ExportAsync(run, "human=not-rejected")).ShouldBe(["a better answer", "a good answer"]);
        (await ExportAsync(run, "human=accepted")).ShouldBe(["a better answer"]);
        var row = (await _service.GetAsync($"/v1/runs/{run}/preferences?format=spar")).Lines[0];
        (row["chosen"]!.GetValue<string>(), row["unedited"]!.GetValue<string>()).ShouldBe(("a better answer", "a good answer"));
        (await _service.GetAsync($"/v1/runs/{run}/pairs"))["data"][0]!["chosen"]!.GetValue<string>()
            .ShouldBe("a good answer", "what the model made stays");
    }

    [Fact]
    public async Task An_edited_answer_is_verified_like_any_other()
    {
        var (run, pairs) = await PairsAsync(1, NoPoor);

        (await PutAsync(pairs[0], """{ "verdict": "edit", "chosen": "no longer a poor one" }"""))["chosen_verifier"]!["all_strict"]!
            .GetValue<bool>().ShouldBeFalse();

        (await _service.GetAsync($"/v1/runs/{run}/preferences?format=spar")).Lines[0]["chosen_verifier"]!["all_strict"]!
            .GetValue<bool>().ShouldBeFalse();
    }

    [Theory]
    [InlineData("""{ "verdict": "maybe" }""", "verdict")]
    [InlineData("""{ "verdict": "edit" }""", "chosen")]
    [InlineData("""{ "verdict": "edit", "chosen": " " }""", "chosen")]
    [InlineData("""{ "verdict": "edit", "chosen": "a poor answer" }""", "chosen")]
    [InlineData("""{ "verdict": "edit", "chosen": "a good answer" }""", "chosen")]
    [InlineData("""{ "verdict": "accept", "chosen": "a better answer" }""", "chosen")]
    public async Task A_verdict_that_cannot_be_is_refused_by_field(string verdict, string field)
    {
        var (_, pairs) = await PairsAsync(1);

        (await PutAsync(pairs[0], verdict)).ShouldBeProblem(422, "invalid-verdict", field);
        (await SendAsync(HttpMethod.Get, pairs[0])).ShouldBe(404);
    }

    [Fact]
    public async Task Pairs_that_do_not_exist_have_no_verdict()
    {
        (await PutAsync("pair_1", """{ "verdict": "accept" }""")).ShouldBeProblem(404, "not-found");
        (await SendAsync(HttpMethod.Delete, "pair_1")).ShouldBeProblem(404, "not-found");
        (await _service.GetAsync("/v1/pairs/pair_1")).ShouldBeProblem(404, "not-found");
        (await _service.GetAsync("/v1/runs/run_1/pairs")).ShouldBeProblem(404, "not-found");
    }

    [Fact]
    public async Task The_human_filter_of_a_recipe_follows_the_verdicts()
    {
        var (run, pairs) = await PairsAsync(2, recipe: """{ "pair_filters": { "human": "not-rejected" } }""");
        (await FilteredAsync(run)).ShouldBe((0, 2));

        var given = (await PutAsync(pairs[0], """{ "verdict": "reject" }""")).ShouldBe(200);
        (await FilteredAsync(run)).ShouldBe((1, 1));
        (await ListAsync(run, "filtered=true")).ShouldBe([pairs[0]]);

        (await PutAsync(pairs[0], """{ "verdict": "accept" }""", ("If-Match", given.Headers["ETag"]))).ShouldBe(200);
        (await FilteredAsync(run)).ShouldBe((0, 2));
    }

    [Fact]
    public async Task A_run_that_asks_for_accepted_pairs_starts_with_none()
    {
        var (run, pairs) = await PairsAsync(2, recipe: """{ "pair_filters": { "human": "accepted" } }""");
        (await FilteredAsync(run)).ShouldBe((2, 0));

        var given = (await PutAsync(pairs[1], """{ "verdict": "edit", "chosen": "my own" }""")).ShouldBe(200);
        (await FilteredAsync(run)).ShouldBe((1, 1));

        (await SendAsync(HttpMethod.Delete, pairs[1], ("If-Match", given.Headers["ETag"]))).ShouldBe(204);
        (await FilteredAsync(run)).ShouldBe((2, 0));
    }

    [Fact]
    public async Task A_verdict_goes_with_its_run()
    {
        var (run, pairs) = await PairsAsync(1);
        (await PutAsync(pairs[0], """{ "verdict": "accept" }""")).ShouldBe(200);

        (await _service.DeleteAsync($"/v1/runs/{run}")).ShouldBe(204);

        (await SendAsync(HttpMethod.Get, pairs[0])).ShouldBeProblem(404, "not-found");
    }

    private async Task<(string Run, string[] Pairs)> PairsAsync(int count, string constraints = "null", string recipe = "{}")
    {
        var run = await shared.RunAsync(count, constraints, recipe);
        return (run, await ListAsync(run, ""));
    }

    private async Task<string[]> ListAsync(string run, string query) =>
    [
        .. (await _service.GetAsync($"/v1/runs/{run}/pairs?{query}")).ShouldBe(200)["data"].AsArray()
            .Select(p => p!["id"]!.GetValue<string>()),
    ];

    /// <returns>How many pairs the human filter leaves out, and how many an export for trainings has.</returns>
    private async Task<(int Human, int Left)> FilteredAsync(string run) => (
        (await _service.GetAsync($"/v1/runs/{run}"))["pairs"]!["filtered"]!["human"]!.GetValue<int>(),
        (await _service.GetAsync($"/v1/runs/{run}/preferences?filter=true")).Lines.Count);

    private async Task<IReadOnlyList<string>> ExportAsync(string run, string query) =>
        [.. (await _service.GetAsync($"/v1/runs/{run}/preferences?format=trl-standard&{query}")).ShouldBe(200).Lines
            .Select(l => l["chosen"]!.GetValue<string>())];

    private Task<Answer> PutAsync(string pair, string verdict, params (string Name, string Value)[] headers) =>
        _service.PutAsync($"/v1/pairs/{pair}/verdict", JsonNode.Parse(verdict)!, headers);

    private Task<Answer> SendAsync(HttpMethod method, string pair, params (string Name, string Value)[] headers) =>
        _service.SendAsync(method, $"/v1/pairs/{pair}/verdict", null, headers);
}
