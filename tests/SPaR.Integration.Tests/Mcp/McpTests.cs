using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Keys;
using SPaR.Service.Keys;

namespace SPaR.Integration.Tests.Mcp;

/// <summary>The tools, called by the protocol's own client.</summary>
public sealed class McpTests(KeyedService keyed, PostgresFixture postgres) : IClassFixture<KeyedService>
{
    [Fact]
    public async Task Every_tool_is_described_with_a_schema_and_hints()
    {
        await using var client = await ClientAsync(keyed.Service, keyed.Service.Key);
        var tools = await client.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken);

        tools.Select(t => t.Name).Order(StringComparer.Ordinal).ShouldBe(
        [
            "cancel_run", "compare_evaluations", "create_instruction_set", "estimate_run", "list_evaluations", "list_instruction_sets",
            "list_models", "list_pairs", "list_recipes", "list_runs", "list_trainings", "pair_lineage", "pause_run", "refine_prompt",
            "register_model", "resume_run", "show_evaluation", "show_model", "show_run", "show_training", "show_tree", "start_evaluation",
            "start_run", "start_training",
        ]);
        foreach (var tool in tools)
        {
            tool.Description.ShouldNotBeNullOrEmpty();
            var schema = JsonNode.Parse(tool.JsonSchema.GetRawText())!;
            foreach (var (name, property) in schema["properties"]!.AsObject())
                property!["description"]!.GetValue<string>().ShouldNotBeEmpty($"{tool.Name} {name}");
            tool.ProtocolTool.Annotations!.ReadOnlyHint.ShouldBe(
                tool.Name.Split('_')[0] is "list" or "show" or "estimate" or "compare" or "pair", tool.Name);
        }

        var limit = JsonNode.Parse(tools.Single(t => t.Name == "list_runs").JsonSchema.GetRawText())!["properties"]!["limit"]!;
        (limit["minimum"]!.GetValue<int>(), limit["maximum"]!.GetValue<int>()).ShouldBe((1, 200));
        tools.Single(t => t.Name == "cancel_run").ProtocolTool.Annotations!.DestructiveHint.ShouldBe(true);
    }

    [Fact]
    public async Task The_usual_path_answers_as_the_api_does()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync(), new ScriptedModel());
        TinyGguf.Write(Path.Combine(service.Models, "tiny.gguf"));
        await using var client = await ClientAsync(service, service.Key);

        var model = IdIn(await CallAsync(client, "register_model", ("path", "tiny.gguf")));
        IdIn(await CallAsync(client, "show_model", ("id", model))).ShouldBe(model);
        (await CallAsync(client, "list_models"))["data"]!.AsArray().Count.ShouldBe(1);
        var set = IdIn(await CallAsync(
            client, "create_instruction_set", ("name", "a"), ("instructions", Rows(3))));
        (await CallAsync(client, "list_instruction_sets"))["data"]![0]!["id"]!.GetValue<string>().ShouldBe(set);
        (await CallAsync(client, "list_recipes"))["recipes"].ShouldNotBeNull();
        (await CallAsync(client, "estimate_run", ("instruction_set", set), ("actor", model)))["most"].ShouldNotBeNull();
        var run = IdIn(await CallAsync(client, "start_run", ("instruction_set", set), ("actor", model), ("seed", 1)));
        await service.WaitForRunAsync(run, status => status == "succeeded");
        Strip(await CallAsync(client, "show_run", ("id", run))).ShouldBe(Strip((await service.GetAsync($"/v1/runs/{run}")).Json));
        (await CallAsync(client, "list_runs"))["data"]!.AsArray().Count.ShouldBe(1);

        var page = await CallAsync(client, "list_pairs", ("id", run), ("limit", 2));
        page["has_more"]!.GetValue<bool>().ShouldBeTrue();
        var rest = await CallAsync(client, "list_pairs", ("id", run), ("limit", 2), ("after", page["after"]!.GetValue<string>()));
        rest["data"]!.AsArray().Count.ShouldBe(1);
        var pair = page["data"]![0]!;
        (await CallAsync(client, "pair_lineage", ("pair", IdIn(pair))))["pair"].ShouldNotBeNull();
        var tree = await CallAsync(client, "show_tree", ("id", run), ("instruction", pair["instruction_id"]!.GetValue<string>()));
        tree["nodes"]!.AsArray().Count.ShouldBePositive();
        var refined = await CallAsync(client, "refine_prompt", ("model", model), ("prompt", "one"));
        refined["status"]!.GetValue<string>().ShouldBe("succeeded");

        var training = IdIn(await CallAsync(
            client, "start_training", ("method", "dpo"), ("model", model), ("dataset", new JsonObject { ["run"] = run })));
        IdIn(await CallAsync(client, "show_training", ("id", training))).ShouldBe(training);
        (await CallAsync(client, "list_trainings"))["data"]!.AsArray().Count.ShouldBe(1);
        var first = await EvaluateAsync(client, service, model);
        var second = await EvaluateAsync(client, service, model);
        (await CallAsync(client, "list_evaluations", ("benchmark", "micro-world")))["data"]!.AsArray().Count.ShouldBe(2);
        (await CallAsync(client, "compare_evaluations", ("a", first), ("b", second)))["paired"]!.GetValue<int>().ShouldBe(2);
    }

    [Fact]
    public async Task A_run_is_paused_resumed_and_cancelled_and_the_audit_log_has_it()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        TinyGguf.Write(Path.Combine(service.Models, "tiny.gguf"));
        await using var client = await ClientAsync(service, service.Key);
        var model = IdIn(await CallAsync(client, "register_model", ("path", "tiny.gguf")));
        var set = IdIn(await CallAsync(client, "create_instruction_set", ("name", "a"), ("instructions", Rows(1))));
        var run = IdIn(await CallAsync(client, "start_run", ("instruction_set", set), ("actor", model)));

        foreach (var (tool, status) in new[] { ("pause_run", "paused"), ("resume_run", "queued"), ("cancel_run", "cancelled") })
            (await CallAsync(client, tool, ("id", run)))["status"]!.GetValue<string>().ShouldBe(status);
        (await ErrorAsync(client, "pause_run", ("id", run)))["code"]!.GetValue<string>().ShouldBe("invalid-state");

        var audit = (await service.GetAsync("/v1/audit"))["data"].AsArray().Reverse()
            .Where(e => e!["method"]!.GetValue<string>() == "POST")
            .Select(e => $"{e!["method"]} {e["route"]!.GetValue<string>().TrimEnd('/')} {e["status"]}");
        audit.ShouldBe(
        [
            "POST /v1/models 201", "POST /v1/instruction-sets 201", "POST /v1/runs 201", "POST /v1/runs/{id}/pause 200",
            "POST /v1/runs/{id}/resume 200", "POST /v1/runs/{id}/cancel 200", "POST /v1/runs/{id}/pause 409",
        ]);
    }

    [Fact]
    public async Task A_key_of_scope_read_sees_and_calls_tools_that_read()
    {
        await using var client = await ClientAsync(keyed.Service, (await keyed.KeyAsync(Scope.Read)).Text);

        var tools = await client.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken);
        tools.ShouldAllBe(t => t.ProtocolTool.Annotations!.ReadOnlyHint == true);
        tools.Select(t => t.Name).ShouldContain("list_runs");
        (await CallAsync(client, "list_runs"))["data"].ShouldNotBeNull();
        (await ErrorAsync(client, "register_model", ("path", "a.gguf")))["code"]!.GetValue<string>().ShouldBe("scope-missing");
    }

    [Fact]
    public async Task Without_a_key_nothing_is_answered()
    {
        var error = await Should.ThrowAsync<HttpRequestException>(() => ClientAsync(keyed.Service, KeyedService.WrongKey()));
        ((int?)error.StatusCode).ShouldBe(401);
    }

    [Fact]
    public async Task Bad_input_is_an_error_of_the_tool_that_names_the_field()
    {
        await using var client = await ClientAsync(keyed.Service, keyed.Service.Key);

        await RefusedAsync("invalid-arguments", "colour", "list_runs", ("colour", "red"));
        await RefusedAsync("invalid-arguments", "id", "show_run");
        await RefusedAsync("invalid-arguments", "id", "show_run", ("id", 5));
        await RefusedAsync("invalid-page", "limit", "list_runs", ("limit", 201));
        await RefusedAsync("invalid-parameter", "limit", "list_runs", ("limit", "many"));
        await RefusedAsync("invalid-json", "seed", "start_run", ("instruction_set", "x"), ("actor", "y"), ("seed", new JsonObject()));
        await RefusedAsync("invalid-instructions", "instructions[0].prompt", "create_instruction_set", ("name", "a"),
            ("instructions", new JsonArray(new JsonObject { ["prompt"] = 5 })));
        (await ErrorAsync(client, "show_run", ("id", "run_1")))["code"]!.GetValue<string>().ShouldBe("not-found");
        var text = await ErrorAsync(client, "create_instruction_set", ("name", "a\0b"), ("instructions", Rows(1)));
        text["status"]!.GetValue<int>().ShouldBe(422);
        await Should.ThrowAsync<McpProtocolException>(() => client.CallToolAsync(
            "delete_everything", cancellationToken: TestContext.Current.CancellationToken).AsTask());

        async Task RefusedAsync(string code, string field, string tool, params (string, object)[] arguments)
        {
            var problem = await ErrorAsync(client, tool, arguments);
            problem["code"]!.GetValue<string>().ShouldBe(code, problem.ToJsonString());
            problem["errors"]![0]!["field"]!.GetValue<string>().ShouldBe(field, problem.ToJsonString());
        }
    }

    [Fact]
    public async Task A_long_answer_arrives_whole()
    {
        await using var client = await ClientAsync(keyed.Service, keyed.Service.Key);
        var names = Enumerable.Range(0, 150).Select(i => $"{i}{new string('x', 190)}").ToList();
        foreach (var name in names)
            await CallAsync(client, "create_instruction_set", ("name", name), ("instructions", Rows(1)));

        var listed = await CallAsync(client, "list_instruction_sets", ("limit", 200));
        listed["data"]!.AsArray().Select(s => s!["name"]!.GetValue<string>()).Intersect(names).Count().ShouldBe(150);
    }

    private static async Task<McpClient> ClientAsync(HttpService service, string key) => await McpClient.CreateAsync(
        new HttpClientTransport(new()
        {
            Endpoint = new(service.Address, "/mcp"),
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = $"Bearer {key}" },
        }),
        cancellationToken: TestContext.Current.CancellationToken);

    private static async Task<JsonNode> CallAsync(McpClient client, string tool, params (string Name, object Value)[] arguments)
    {
        var result = await ResultAsync(client, tool, arguments);
        (result.IsError ?? false).ShouldBeFalse($"{tool}: {TextOf(result)}");
        result.StructuredContent.ShouldNotBeNull();
        return JsonNode.Parse(TextOf(result))!;
    }

    private static async Task<JsonNode> ErrorAsync(McpClient client, string tool, params (string Name, object Value)[] arguments)
    {
        var result = await ResultAsync(client, tool, arguments);
        result.IsError.ShouldBe(true, $"{tool}: {TextOf(result)}");
        return JsonNode.Parse(TextOf(result))!;
    }

    private static async Task<CallToolResult> ResultAsync(McpClient client, string tool, (string Name, object Value)[] arguments) =>
        await client.CallToolAsync(
            tool, arguments.ToDictionary(a => a.Name, a => (object?)a.Value), cancellationToken: TestContext.Current.CancellationToken);

    private static string TextOf(CallToolResult result) => ((TextContentBlock)result.Content.ShouldHaveSingleItem()).Text;

    private static async Task<string> EvaluateAsync(McpClient client, HttpService service, string model)
    {
        var id = IdIn(await CallAsync(
            client, "start_evaluation", ("benchmark", "micro-world"), ("model", model), ("limit", 2), ("refiner", model)));
        await Wait.UntilAsync(
            async () => (await service.GetAsync($"/v1/evaluations/{id}"))["status"].GetValue<string>() == "succeeded");
        (await CallAsync(client, "show_evaluation", ("id", id)))["status"]!.GetValue<string>().ShouldBe("succeeded");
        return id;
    }

    private static JsonArray Rows(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new JsonObject { ["prompt"] = $"number {i}" })];

    private static string IdIn(JsonNode answer) => answer["id"]!.GetValue<string>();

    /// <summary>Without what differs from moment to moment.</summary>
    private static string Strip(JsonNode run)
    {
        run.AsObject().Remove("now");
        return run.ToJsonString();
    }
}
