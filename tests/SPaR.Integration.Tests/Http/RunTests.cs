namespace SPaR.Integration.Tests.Http;

public sealed class RunTests(SharedService shared) : IClassFixture<SharedService>, IAsyncLifetime
{
    private readonly HttpService _service = shared.Service;
    private readonly string _model = shared.Model;
    private string _set = "";

    public async ValueTask InitializeAsync()
    {
        _set = (await _service.PostAsync("/v1/instruction-sets", """
            {"name":"three","instructions":[{"prompt":"one"},{"prompt":"two, easy"},{"prompt":"three","metadata":{"k":3}}]}
            """)).Id;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(
        """{"instruction_set":"set_none","actor":"mdl_none","judge":"mdl_no"}""",
        "invalid-run",
        "instruction_set",
        "actor",
        "judge")]
    [InlineData("""{"instruction_set":"SET","actor":"MODEL","refiner":"mdl_none"}""", "invalid-run", "refiner")]
    [InlineData("""{"instruction_set":"SET","actor":"MODEL","rounds":2}""", "invalid-run", "recipe.train")]
    [InlineData("""{"instruction_set":"SET","actor":"MODEL","name":""}""", "invalid-run", "name")]
    [InlineData("""{"instruction_set":"SET","actor":"MODEL","recipe":"best"}""", "invalid-recipe", "recipe")]
    [InlineData("""{"instruction_set":"SET","actor":"MODEL","recipe":{"sample":{"n":0}}}""", "invalid-recipe", "recipe.sample.n")]
    [InlineData("""{"instruction_set":"SET","actor":"MODEL","recipe":{"sampel":{}}}""", "invalid-recipe", "recipe.sampel")]
    public async Task An_unknown_name_or_option_is_refused_by_field(string body, string code, params string[] fields)
    {
        var before = await NewestRunAsync();

        (await PostRunAsync(body)).ShouldBeProblem(422, code, fields);
        (await NewestRunAsync()).ShouldBe(before);
    }

    /// <summary>Shows whether a run was created. Runs of other tests may be in progress, so nothing else is compared.</summary>
    private async Task<string?> NewestRunAsync() =>
        (await _service.GetAsync("/v1/runs?limit=1"))["data"].AsArray().FirstOrDefault()?["id"]?.GetValue<string>();

    [Fact]
    public async Task An_unknown_strategy_is_refused_with_those_that_are_known() =>
        (await PostRunAsync("""{"instruction_set":"SET","actor":"MODEL","recipe":{"refine":{"strategy":"mcts"}}}"""))
            .ShouldBeProblem(422, "invalid-recipe", "recipe.refine.strategy").Saying("best-of-n");

    [Theory]
    [InlineData("""{"instruction_set":"SET","actor":"MODEL","actr":"x"}""", "actr")]
    [InlineData("""{"actor":"MODEL"}""", "body")]
    [InlineData("""{"instruction_set":"SET","actor":"MODEL","seed":"x"}""", "seed")]
    public async Task A_body_of_another_form_is_refused(string body, string field) =>
        (await PostRunAsync(body)).ShouldBeProblem(400, "invalid-json", field);

    [Fact]
    public async Task A_run_goes_from_instructions_to_data()
    {
        var started = (await PostRunAsync("""{"instruction_set":"SET","actor":"MODEL","seed":"7","name":"whole","recipe":"reference"}"""))
            .ShouldBe(201);
        started["refiner"].GetValue<string>().ShouldBe(_model);
        started["judge"].GetValue<string>().ShouldBe(_model);
        started["recipe"]["refine"]!["expansion"]!.GetValue<string>().ShouldBe("sequential");

        var run = await EndOfAsync(started.Id);

        run["status"].GetValue<string>().ShouldBe("succeeded");
        run["seed"].GetValue<string>().ShouldBe("7");
        var states = run["progress"]["states"]!.AsObject().ToDictionary(s => s.Key, s => s.Value!.GetValue<int>());
        states.Where(s => s.Value > 0).ShouldBe([new("paired", 2), new("already-good", 1)], ignoreOrder: true);
        states.Count.ShouldBe(10);
        run["progress"]["done"]!.GetValue<int>().ShouldBe(3);
        run["tokens"]["generated"]!.GetValue<long>().ShouldBePositive();
        run["pairs"]["count"]!.GetValue<int>().ShouldBe(2);
        run["pairs"]["mean_similarity"]!.GetValue<double>().ShouldBe(1);
        run["preflight"]["readable_rate"]!.GetValue<double>().ShouldBe(1);

        var items = (await _service.GetAsync($"/v1/runs/{run.Id}/items?state=already-good"))["data"].AsArray();
        items.ShouldHaveSingleItem()!["ordinal"]!.GetValue<int>().ShouldBe(1);
        await CheckPreferencesAsync(run.Id);
        await CheckTreesAsync(run.Id);
        await CheckExamplesAsync(run.Id);
        await CheckEventsAsync(run.Id);
        (await _service.DeleteAsync($"/v1/models/{_model}")).ShouldBeProblem(409, "model-in-use");
        (await _service.PostAsync($"/v1/runs/{run.Id}/pause")).ShouldBeProblem(409, "invalid-state").Saying("succeeded");
        (await _service.PostAsync($"/v1/runs/{run.Id}/resume")).ShouldBeProblem(409, "invalid-state");
        (await _service.PostAsync($"/v1/runs/{run.Id}/cancel")).ShouldBeProblem(409, "invalid-state");
        (await _service.PostAsync($"/v1/runs/{run.Id}/retry")).ShouldBeProblem(409, "invalid-state");
    }

    [Fact]
    public async Task A_run_that_weighs_verdicts_stores_one_critique_and_its_probability()
    {
        var run = await PostRunAsync("""{"instruction_set":"SET","actor":"MODEL","recipe":{"judge":{"judging":"logit"}}}""");
        run.ShouldBe(201);
        run["recipe"]["judge"]!["judging"]!.GetValue<string>().ShouldBe("logit");

        var ended = await EndOfAsync(run.Id);

        ended["status"].GetValue<string>().ShouldBe("succeeded");
        ended["pairs"]["count"]!.GetValue<int>().ShouldBe(2);
        var trees = (await _service.GetAsync($"/v1/runs/{run.Id}/trees"))["data"].AsArray();
        trees.Select(t => Math.Round(t!["best_value"]!.GetValue<double>(), 9)).ShouldAllBe(value => value == 0.8);
        var instruction = trees[0]!["instruction_id"]!.GetValue<string>();
        var nodes = (await _service.GetAsync($"/v1/runs/{run.Id}/trees/{instruction}"))["nodes"].AsArray();
        var judgement = nodes[1]!["judgements"]![0]!;
        (judgement["label"]!.GetValue<string>(), judgement["critique"]!.GetValue<int>()).ShouldBe(("good", 0));
        var vote = judgement["votes"]!.AsArray().ShouldHaveSingleItem()!;
        vote["verdict"]!.GetValue<string>().ShouldBe("yes", "the more likely one; No was drawn");
        vote["text"]!.GetValue<string>().ShouldEndWith("Final judgement: Yes");
    }

    [Fact]
    public async Task A_run_is_paused_resumed_and_cancelled()
    {
        var gate = new TaskCompletionSource();
        shared.Engine.Gate = gate.Task;
        var run = (await PostRunAsync("""{"instruction_set":"SET","actor":"MODEL"}""")).Id;

        (await _service.PostAsync($"/v1/runs/{run}/pause")).ShouldBe(200);
        await StatusAsync(run, "paused");
        (await _service.PostAsync($"/v1/runs/{run}/resume")).ShouldBe(200);
        (await _service.PostAsync($"/v1/runs/{run}/cancel")).ShouldBe(200);
        var ended = await StatusAsync(run, "cancelled");
        gate.SetResult();

        ended["progress"]["states"]!["cancelled"]!.GetValue<int>().ShouldBe(3);
    }

    [Theory]
    [InlineData("", "not-found")]
    [InlineData("/items", "not-found")]
    [InlineData("/events", "not-found")]
    [InlineData("/preferences", "not-found")]
    [InlineData("/refiner-examples", "not-found")]
    [InlineData("/trees", "not-found")]
    [InlineData("/trees/ins_none", "not-found")]
    public async Task An_unknown_run_is_not_found(string path, string code) =>
        (await _service.GetAsync($"/v1/runs/run_none{path}")).ShouldBeProblem(404, code);

    [Theory]
    [InlineData("/preferences?format=csv", "unknown-format", "format")]
    [InlineData("/items?state=lost", "unknown-state", "state")]
    [InlineData("/items?after=x", "invalid-page", "after")]
    public async Task An_unknown_format_or_state_is_refused(string path, string code, string field)
    {
        var run = (await PostRunAsync("""{"instruction_set":"SET","actor":"MODEL"}""")).Id;

        (await _service.GetAsync($"/v1/runs/{run}{path}")).ShouldBeProblem(422, code, field);
    }

    private async Task CheckPreferencesAsync(string run)
    {
        var rows = await _service.GetAsync($"/v1/runs/{run}/preferences");
        rows.Type.ShouldBe("application/x-ndjson");
        rows.FileName.ShouldBe($"{run}-trl.jsonl");
        rows.Lines.Count.ShouldBe(2);
        rows.Lines[0].ToJsonString().ShouldBe(
            """{"prompt":[{"role":"user","content":"one"}],"chosen":[{"role":"assistant","content":"a good answer"}],"rejected":"""
            + """[{"role":"assistant","content":"a poor answer"}]}""");
        var hashes = new HashSet<string>();
        foreach (var format in new[] { "trl", "llamafactory", "openai", "spar" })
        {
            var exported = await _service.GetAsync($"/v1/runs/{run}/preferences?format={format}");
            var dataset = (await _service.PostAsync("/v1/datasets", exported.Text, "application/jsonl")).ShouldBe(201);
            (dataset["format"].GetValue<string>(), dataset["count"].GetValue<int>()).ShouldBe((format, 2));
            hashes.Add(dataset["sha256"].GetValue<string>());
        }

        hashes.ShouldHaveSingleItem("the pairs are the same in every format");
        (await _service.GetAsync($"/v1/runs/{run}/preferences/dataset-info?file=x.jsonl"))[run]["file_name"]!.GetValue<string>()
            .ShouldBe("x.jsonl");

        var whole = (await _service.GetAsync($"/v1/runs/{run}/preferences?format=spar")).Lines[1];
        whole["id"]!.GetValue<string>().ShouldStartWith("pair_");
        whole["ordinal"]!.GetValue<int>().ShouldBe(2);
        whole["metadata"]!["k"]!.GetValue<int>().ShouldBe(3);
        ulong.TryParse(whole["chosen_origin"]!["seed"]!.GetValue<string>(), out _).ShouldBeTrue();
        ulong.TryParse(whole["rejected_origin"]!["seed"]!.GetValue<string>(), out _).ShouldBeTrue();
        whole["chosen_value"]!.GetValue<double>().ShouldBe(0.8);
        (await _service.GetAsync($"/v1/runs/{run}/preferences?round=2")).ShouldBe(200).Lines.ShouldBeEmpty();
    }

    private async Task CheckTreesAsync(string run)
    {
        var trees = (await _service.GetAsync($"/v1/runs/{run}/trees"))["data"].AsArray();
        trees.Count.ShouldBe(2);
        trees[0]!["best_value"]!.GetValue<double>().ShouldBe(0.8);
        var tree = (await _service.GetAsync($"/v1/runs/{run}/trees/{trees[0]!["instruction_id"]}")).ShouldBe(200);

        tree["answers"].AsArray().Count.ShouldBe(5);
        tree["answers"][0]!["judgements"]![0]!["votes"]!.AsArray().Count.ShouldBe(5);
        var nodes = tree["nodes"].AsArray();
        nodes[0]!["path"]!.GetValue<string>().ShouldBe("r");
        nodes[1]!["parent"]!.GetValue<string>().ShouldBe("r");
        nodes[1]!["judgements"]![0]!["votes"]![0]!["text"]!.GetValue<string>().ShouldContain("Final judgement: No");
        nodes.Count(n => n!["chosen"]!.GetValue<bool>()).ShouldBe(1);
        tree["pair"]["similarity"]!.GetValue<double>().ShouldBe(1);
    }

    private async Task CheckExamplesAsync(string run)
    {
        var examples = (await _service.GetAsync($"/v1/runs/{run}/refiner-examples")).Lines;

        examples.Select(e => e["kind"]!.GetValue<string>()).ShouldContain("refine");
        examples[0]["messages"]!.AsArray()[^1]!["role"]!.GetValue<string>().ShouldBe("assistant");
    }

    private async Task CheckEventsAsync(string run)
    {
        var events = (await _service.GetAsync($"/v1/runs/{run}/events"))["data"].AsArray();
        events.Select(e => e!["type"]!.GetValue<string>()).ShouldBe(
            ["run.queued", "run.stage", "run.running", "run.preflight", "run.stage", "run.succeeded"]);
        events[1]!["data"]!.ToJsonString().ShouldBe("""{"round":1,"stage":"self-play"}""");
        (await _service.GetAsync($"/v1/runs/{run}/events?after=x")).ShouldBeProblem(422, "invalid-page", "after");
        var second = (await _service.GetAsync($"/v1/runs/{run}/events?limit=1&after={events[0]!["id"]}"))["data"].AsArray();
        second.ShouldHaveSingleItem()!.ToJsonString().ShouldBe(events[1]!.ToJsonString());

        var stream = await ServerSentEvents.ReadAsync(_service, $"/v1/runs/{run}/events", $"{events[3]!["id"]}");

        stream.Select(e => e.Type).ShouldBe(["run.stage", "run.succeeded", "progress"]);
        stream.Select(e => e.Id).ShouldBe([$"{events[4]!["id"]}", $"{events[5]!["id"]}", null]);
        stream[^1].Data["status"]!.GetValue<string>().ShouldBe("succeeded");
        (await ServerSentEvents.ReadAsync(_service, $"/v1/runs/{run}/events")).Select(e => e.Type).ShouldBe(["progress"]);
    }

    private Task<Answer> PostRunAsync(string body) => _service.PostAsync(
        "/v1/runs", body.Replace("SET", _set, StringComparison.Ordinal).Replace("MODEL", _model, StringComparison.Ordinal));

    private Task<Answer> EndOfAsync(string run) =>
        _service.WaitForRunAsync(run, status => status is "succeeded" or "failed" or "cancelled");

    private Task<Answer> StatusAsync(string run, string wanted) => _service.WaitForRunAsync(run, status => status == wanted);
}
