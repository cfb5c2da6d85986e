using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Training;

public sealed class DroppedRowTests(SharedService shared) : IClassFixture<SharedService>
{
    private readonly HttpService _service = shared.Service;

    [Fact]
    public async Task A_training_shows_the_first_dropped_rows_and_lists_all_in_pages()
    {
        // The scripted model has no two tokens for words of the same length.
        var data = (await _service.PostAsync(
            "/v1/datasets?format=trl-standard",
            string.Join('\n', Enumerable.Range(0, 25).Select(i => $$"""{"prompt":"{{i}}","chosen":"yes","rejected":"not"}""")),
            "application/x-ndjson")).ShouldBe(201).Id;
        var training = (await _service.PostAsync("/v1/training-runs", new JsonObject
        {
            ["method"] = "dpo",
            ["model"] = shared.Model,
            ["dataset"] = new JsonObject { ["upload"] = data },
        })).ShouldBe(201).Id;
        await Wait.UntilAsync(
            async () => (await _service.GetAsync($"/v1/training-runs/{training}"))["status"].GetValue<string>() == "failed");

        var shown = await _service.GetAsync($"/v1/training-runs/{training}");
        shown["failure"]["code"]!.GetValue<string>().ShouldBe("no-rows");
        shown["dropped_count"].GetValue<int>().ShouldBe(25);
        shown["dropped"].AsArray().Select(r => r!["id"]!.GetValue<string>()).ShouldBe(Enumerable.Range(1, 20).Select(i => $"line {i}"));
        var first = await _service.GetAsync($"/v1/training-runs/{training}/dropped-rows?limit=20");
        first["data"].AsArray().Count.ShouldBe(20);
        first["data"][0]!["reason"]!.GetValue<string>().ShouldBe("chosen and rejected have the same tokens.");
        var rest = await _service.GetAsync($"/v1/training-runs/{training}/dropped-rows?after={first["after"]}");
        rest["data"].AsArray().Select(r => r!["id"]!.GetValue<string>()).ShouldBe(Enumerable.Range(21, 5).Select(i => $"line {i}"));
        rest["has_more"].GetValue<bool>().ShouldBeFalse();
        (await _service.GetAsync("/v1/training-runs/trn_none/dropped-rows")).ShouldBeProblem(404, "not-found");
    }
}
