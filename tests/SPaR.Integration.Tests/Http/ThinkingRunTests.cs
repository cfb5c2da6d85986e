using System.Text.Json.Nodes;

namespace SPaR.Integration.Tests.Http;

/// <summary>A run of models that think before they answer.</summary>
public sealed class ThinkingRunTests(SharedService shared) : IClassFixture<SharedService>
{
    private readonly HttpService _service = shared.Service;

    [Fact]
    public async Task Reasoning_is_shown_beside_answers_votes_nodes_and_pairs()
    {
        var set = (await _service.PostAsync(
            "/v1/instruction-sets", """{"name":"two","instructions":[{"prompt":"one"},{"prompt":"two"}]}""")).Id;
        var started = await _service.PostAsync(
            "/v1/runs", $$$"""{"instruction_set":"{{{set}}}","actor":"{{{shared.Model}}}","recipe":{"reasoning":{"thinking":true} } }""");

        var run = await _service.WaitForRunAsync(started.ShouldBe(201).Id, status => status is "succeeded" or "failed");

        run["pairs"]["count"]!.GetValue<int>().ShouldBe(2);
        var instruction = (await _service.GetAsync($"/v1/runs/{run.Id}/trees"))["data"][0]!["instruction_id"]!.GetValue<string>();
        var tree = await _service.GetAsync($"/v1/runs/{run.Id}/trees/{instruction}");
        var (answer, node) = (tree["answers"][0]!, tree["nodes"][1]!);
        foreach (var shown in new[] { answer, node, answer["judgements"]![0]!["votes"]![0]!, node["judgements"]![0]!["votes"]![0]! })
        {
            shown["reasoning"]!.GetValue<string>().ShouldBe("Hm.");
            shown["text"]!.GetValue<string>().ShouldNotContain("Hm.");
        }

        var rows = (await _service.GetAsync($"/v1/runs/{run.Id}/preferences?format=spar")).Text;
        var pair = JsonNode.Parse(rows.Split('\n')[0])!;
        pair["chosen"]!.GetValue<string>().ShouldBe("a good answer");
        foreach (var origin in new[] { "chosen_origin", "rejected_origin" })
            pair[origin]!["reasoning"]!.GetValue<string>().ShouldBe("Hm.");
    }
}
