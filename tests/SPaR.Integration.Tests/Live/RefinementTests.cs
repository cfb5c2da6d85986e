using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Live;

/// <summary>Refinements over HTTP, with a scripted model.</summary>
public sealed class RefinementTests(SharedService shared) : IClassFixture<SharedService>
{
    private HttpService Service => shared.Service;

    [Fact]
    public async Task A_bad_answer_is_refined_and_the_tree_has_the_shape_of_a_run_s()
    {
        var refined = await RefineAsync(new() { ["prompt"] = "a hard one", ["seed"] = 7 });

        refined.ShouldBe(200)["status"].GetValue<string>().ShouldBe("succeeded");
        (refined["best"]["subject"]!.GetValue<string>(), refined["best"]["text"]!.GetValue<string>()).ShouldBe(("r.0", "a good answer"));
        refined["best"]["value"]!.GetValue<double>().ShouldBe(0.8);
        refined["usage"]["generated_tokens"]!.GetValue<int>().ShouldBeGreaterThan(0);
        var tree = refined["tree"];
        (tree["state"]!.GetValue<string>(), tree["answers"]!.AsArray().Count).ShouldBe(("paired", 5));
        var nodes = tree["nodes"]!.AsArray();
        nodes[0]!["path"]!.GetValue<string>().ShouldBe("r");
        nodes.Single(n => n!["chosen"]!.GetValue<bool>())!["judgements"]![0]!["votes"]!.AsArray().Count.ShouldBe(5);
        (await Service.GetAsync($"/v1/refinements/{refined.Id}")).ShouldBe(200)["best"].ToJsonString()
            .ShouldBe(refined["best"].ToJsonString());
    }

    [Fact]
    public async Task A_given_answer_is_refined_and_the_verifier_says_what_it_follows()
    {
        var refined = await RefineAsync(new()
        {
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "easy" }),
            ["answer"] = "a poor, bad answer",
            ["constraints"] = new JsonArray(new JsonObject { ["id"] = "punctuation:no_comma" }),
            ["recipe"] = new JsonObject { ["refine"] = new JsonObject { ["strategy"] = "greedy" } },
        });

        var answer = refined.ShouldBe(200)["tree"]["answers"]!.AsArray().ShouldHaveSingleItem()!;
        answer["text"]!.GetValue<string>().ShouldBe("a poor, bad answer");
        answer["verifier"]!["follows_all"]?.GetValue<bool>().ShouldBe(false);
        refined["best"]["text"]!.GetValue<string>().ShouldBe("a good answer");
        refined["tree"]["nodes"]!.AsArray().Count.ShouldBe(2, "greedy refines once");
    }

    [Theory]
    [InlineData("application/x-ndjson")]
    [InlineData("text/event-stream")]
    public async Task Answers_and_nodes_are_streamed_and_the_last_event_has_the_refinement(string type)
    {
        var text = await StreamAsync(type, new() { ["prompt"] = "a hard one" });
        var events = type == "text/event-stream"
            ? text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(e => e.Split('\n')).Select(e =>
                (Name: e[0]["event: ".Length..], Data: JsonNode.Parse(e[1]["data: ".Length..])!)).ToList()
            : text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)
                .Select(e => (Name: e["event"]!.GetValue<string>(), Data: e["data"]!)).ToList();

        events[0].Name.ShouldBe("started");
        events.Where(e => e.Name == "answer").Select(e => e.Data["judgements"]!.AsArray().Count).ShouldBe([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
        events.Last(e => e.Name == "node").Data["value"]!.GetValue<double>().ShouldBe(0.8);
        events[^1].Name.ShouldBe("end");
        events[^1].Data["id"]!.GetValue<string>().ShouldBe(events[0].Data["id"]!.GetValue<string>());
        events[^1].Data["tree"]!["nodes"]!.AsArray().Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task A_client_that_goes_away_cancels_its_refinement_and_so_does_a_request()
    {
        var gate = new TaskCompletionSource();
        shared.Engine.Gate = gate.Task;
        try
        {
            using var gone = new CancellationTokenSource();
            var waiting = Service.Client.SendAsync(Post(new() { ["prompt"] = "one" }), gone.Token);
            var asked = RefineAsync(new() { ["prompt"] = "two" });
            var ids = await OpenAsync(2);
            await gone.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(waiting);
            await StatusAsync(ids[0], "cancelled");

            (await Service.PostAsync($"/v1/refinements/{ids[1]}/cancel")).ShouldBe(200)["status"].GetValue<string>().ShouldBe("cancelled");
            (await asked).ShouldBeProblem(409, "cancelled");
            (await Service.PostAsync($"/v1/refinements/{ids[1]}/cancel")).ShouldBeProblem(409, "invalid-state");
        }
        finally
        {
            gate.SetResult();
            shared.Engine.Gate = Task.CompletedTask;
        }

        (await RefineAsync(new() { ["prompt"] = "easy" })).ShouldBe(200)["tree"]["state"]!.GetValue<string>().ShouldBe("already-good");
    }

    [Theory]
    [InlineData("""{"model":"nobody","prompt":"a"}""", "model")]
    [InlineData("""{"model":"M"}""", "prompt")]
    [InlineData("""{"model":"M","prompt":"a","messages":[]}""", "prompt")]
    [InlineData("""{"model":"M","messages":[{"role":"assistant","content":"a"}]}""", "messages")]
    [InlineData("""{"model":"M","prompt":"a","answer":" "}""", "answer")]
    [InlineData("""{"model":"M","prompt":"a","constraints":[{"id":"no:such"}]}""", "constraints[0].id")]
    [InlineData("""{"model":"M","prompt":"a","recipe":{"refine":{"strategy":"a*"}}}""", "recipe.refine.strategy")]
    [InlineData("""{"model":"M","prompt":"a","recipe":{"train":{}}}""", "recipe.train")]
    [InlineData("""{"model":"M","prompt":"a","recipe":{"sample":{"max_tokens":5000}}}""", "recipe.sample.max_tokens")]
    public async Task What_cannot_be_refined_is_refused_by_its_field(string body, string field) =>
        (await Service.PostAsync("/v1/refinements", body.Replace("\"M\"", $"\"{shared.Model}\"", StringComparison.Ordinal)))
            .ShouldBeProblem(422, "invalid-refinement", field);

    [Fact]
    public async Task A_body_that_is_too_long_and_a_refinement_that_does_not_exist_are_problems()
    {
        (await RefineAsync(new() { ["prompt"] = new string('a', 1 << 20) })).ShouldBeProblem(413, "too-large");
        (await Service.GetAsync("/v1/refinements/rfn_0")).ShouldBeProblem(404, "not-found");
        (await Service.PostAsync("/v1/refinements/rfn_0/cancel")).ShouldBeProblem(404, "not-found");
    }

    private Task<Answer> RefineAsync(JsonObject body)
    {
        body["model"] = shared.Model;
        return Service.PostAsync("/v1/refinements", body);
    }

    private HttpRequestMessage Post(JsonObject body)
    {
        body["model"] = shared.Model;
        return new(HttpMethod.Post, "/v1/refinements")
        {
            Content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json")),
        };
    }

    private async Task<string> StreamAsync(string type, JsonObject body)
    {
        using var request = Post(body);
        request.Headers.Accept.Add(new(type));
        using var response = await Service.Client.SendAsync(request);
        response.Content.Headers.ContentType?.MediaType.ShouldBe(type);
        return await response.Content.ReadAsStringAsync();
    }

    private async Task StatusAsync(string id, string status) => await Wait.UntilAsync(
        async () => (await Service.GetAsync($"/v1/refinements/{id}"))["status"].GetValue<string>() == status);

    /// <summary>Waits until so many are worked on.</summary>
    /// <returns>Their ids, in the order of their prompts.</returns>
    private async Task<IReadOnlyList<string>> OpenAsync(int count)
    {
        IReadOnlyList<string> ids = [];
        await Wait.UntilAsync(async () => (ids = await LiveRows.RunningAsync(Service)).Count == count);
        return ids;
    }
}
