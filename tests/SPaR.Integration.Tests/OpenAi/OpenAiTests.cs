using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Training;

namespace SPaR.Integration.Tests.OpenAi;

/// <summary>Files, jobs and models in OpenAI's form, over plain HTTP, with the scripted trainer.</summary>
public sealed class OpenAiTests(PostgresFixture postgres)
{
    private const string Rows =
        """
        {"input":{"messages":[{"role":"user","content":"one"}],"tools":[],"parallel_tool_calls":true},"preferred_output":[{"role":"assistant","content":"a good answer"}],"non_preferred_output":[{"role":"assistant","content":"a bad answer"}]}
        {"input":{"messages":[{"role":"user","content":"two"}]},"preferred_output":[{"role":"assistant","content":"better than"}],"non_preferred_output":[{"role":"assistant","content":"worse as"}]}
        """;

    private const string Chat =
        """{"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"two"}],"tools":[]}""";

    [Fact]
    public async Task A_file_is_a_dataset_and_its_content_has_the_rows_in_the_same_form()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        var first = (await UploadAsync(service, Rows, "pairs.jsonl")).ShouldBe(200);
        var second = (await UploadAsync(service, Chat, "chat.jsonl")).ShouldBe(200);

        first.Json.ToJsonString().ShouldBe(
            $$"""{"id":"{{first.Id}}","bytes":{{Encoding.UTF8.GetByteCount(Rows)}},"created_at":{{first["created_at"]}},"filename":"pairs.jsonl","purpose":"fine-tune","object":"file","status":"processed"}""");
        (await service.GetAsync($"/v1/datasets/{first.Id}"))["kind"].GetValue<string>().ShouldBe("preferences");
        (await service.GetAsync($"/v1/datasets/{second.Id}"))["kind"].GetValue<string>().ShouldBe("conversations");
        var content = (await service.GetAsync($"/openai/v1/files/{first.Id}/content")).ShouldBe(200);
        // What is exported can be uploaded again as the same data.
        var again = (await UploadAsync(service, content.Text, "again.jsonl")).ShouldBe(200);
        (await service.GetAsync($"/v1/datasets/{again.Id}"))["sha256"].GetValue<string>()
            .ShouldBe((await service.GetAsync($"/v1/datasets/{first.Id}"))["sha256"].GetValue<string>());
        content.Lines[0]["input"]!["messages"]![0]!["content"]!.GetValue<string>().ShouldBe("one");
        (await service.GetAsync($"/openai/v1/files/{second.Id}/content")).Lines.ShouldHaveSingleItem()["messages"]![1]!["role"]!
            .GetValue<string>().ShouldBe("assistant");
        await CheckListAsync(service, [first.Id, second.Id, again.Id]);
        (await service.DeleteAsync($"/openai/v1/files/{first.Id}")).ShouldBe(200).Text
            .ShouldBe($$"""{"id":"{{first.Id}}","deleted":true,"object":"file"}""");
        (await service.GetAsync($"/openai/v1/files/{first.Id}")).ShouldBeOpenAi(404, "not_found", null);
    }

    [Fact]
    public async Task A_form_that_cannot_be_a_file_is_refused_by_its_part_and_nothing_is_stored()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());

        (await UploadAsync(service, Rows, "a.jsonl", purpose: null)).ShouldBeOpenAi(400, "invalid_file", "purpose");
        (await UploadAsync(service, Rows, "a.jsonl", "assistants")).ShouldBeOpenAi(400, "invalid_file", "purpose");
        (await UploadAsync(service, null, "a.jsonl")).ShouldBeOpenAi(400, "invalid_file", "file");
        (await UploadAsync(service, "{\"a\":1}", "a.jsonl")).ShouldBeOpenAi(400, "invalid_dataset", "line 1");
        (await UploadAsync(service, "", "a.jsonl")).ShouldBeOpenAi(400, "invalid_dataset", "body");
        (await UploadAsync(service, Rows, new string('a', 201))).ShouldBeOpenAi(400, "invalid_file", "file");
        (await UploadAsync(service, Rows, "a.jsonl", "fine-tune", ("expires_after[seconds]", "3600")))
            .ShouldBeOpenAi(400, "invalid_file", "expires_after[seconds]");
        (await UploadAsync(service, Rows, "a.jsonl", "fine-tune", ("purpose", "fine-tune"))).ShouldBeOpenAi(400, "invalid_form", "purpose");
        (await UploadAsync(service, Rows, "a.jsonl", new string('a', 2000))).ShouldBeOpenAi(400, "invalid_form", "purpose");
        foreach (var (type, body) in new[]
        {
            ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{"),
            ("multipart/form-data; boundary=x", "nothing"), ("multipart/form-data; boundary=x", "--x\r\n\r\nno name\r\n--x--\r\n"),
            ("multipart/form-data", "--x--"), ("multipart/form-data; boundary=\"\"", "--x--"),
            ("multipart/form-data; boundary=x", $"--x\r\nContent-Disposition: form-data; name=\"file\"; a=\"{new string('a', 40_000)}\"\r\n\r\n"),
        })
            (await RawAsync(service, type, body)).Status.ShouldBe(400, body);
        (await service.PostAsync("/openai/v1/files", "{}")).ShouldBeOpenAi(415, "unsupported_media_type", null);
        (await service.GetAsync("/v1/datasets"))["data"].AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_job_is_a_training_run_and_shows_its_states_as_OpenAI_names_them()
    {
        await using var service = await TrainingService.StartAsync(postgres, "slow");
        File.Copy(Path.Combine(service.Models, "tiny.gguf"), Path.Combine(service.Folder, "made-adapter.gguf"));
        var file = (await UploadAsync(service.Http, Rows, "pairs.jsonl")).Id;
        var job = (await CreateAsync(
            service, file, """{"type":"dpo","dpo":{"hyperparameters":{"beta":0.2,"n_epochs":"auto","batch_size":1}}}""",
            """{"suffix":"x","metadata":{"a":"1","b":""},"seed":3}""")).ShouldBe(200);
        (job["object"].GetValue<string>(), job["training_file"].GetValue<string>(), job["model"].GetValue<string>())
            .ShouldBe(("fine_tuning.job", file, service.Model));
        job["method"].ToJsonString().ShouldBe(
            """{"type":"dpo","dpo":{"hyperparameters":{"n_epochs":1,"batch_size":1,"learning_rate_multiplier":1,"beta":0.2}}}""");
        job["hyperparameters"].ToJsonString().ShouldBe("""{"n_epochs":1,"batch_size":1,"learning_rate_multiplier":1}""");
        (job["user_provided_suffix"].GetValue<string>(), job["seed"].GetValue<int>()).ShouldBe(("x", 3));
        foreach (var none in new[] { "fine_tuned_model", "error", "finished_at", "trained_tokens", "validation_file", "estimated_finish" })
            job.Json.AsObject().ShouldContain(p => p.Key == none && p.Value == null, none);
        var ours = await service.GetAsync(job.Id);
        (ours["name"].GetValue<string>(), ours["method"].GetValue<string>()).ShouldBe(($"ft:tiny:x:{job.Id[^8..]}", "dpo"));
        ours["options"]["lora"]!["merge"]!.GetValue<bool>().ShouldBeTrue();

        await service.StepAsync(job.Id, 2);
        (await MoveAsync(service, job.Id, "resume")).ShouldBeOpenAi(400, "invalid_state", null);
        (await MoveAsync(service, job.Id, "pause"))["status"].GetValue<string>().ShouldBeOneOf("pausing", "paused");
        await UntilAsync(service, job.Id, "paused");
        service.Untell("slow");
        (await MoveAsync(service, job.Id, "resume"))["status"].GetValue<string>().ShouldBe("queued");
        (await MoveAsync(service, job.Id, "cancel"))["status"].GetValue<string>().ShouldBe("cancelled");
        await service.StatusAsync(job.Id, "cancelled");
        (await MoveAsync(service, job.Id, "cancel")).ShouldBeOpenAi(400, "invalid_state", null);
        (await service.Http.GetAsync($"/openai/v1/fine_tuning/jobs/{job.Id}/events?limit=1"))["data"][0]!["message"]!.GetValue<string>()
            .ShouldBe("The job was cancelled");
        (await service.Http.GetAsync($"/openai/v1/fine_tuning/jobs/{job.Id}/checkpoints"))["data"].AsArray().ShouldBeEmpty();
        await CheckFilterAsync(service, file, job.Id);
    }

    [Fact]
    public async Task A_job_that_fails_says_why()
    {
        await using var service = await TrainingService.StartAsync(postgres, "fail");
        var file = (await UploadAsync(service.Http, Rows, "pairs.jsonl")).Id;
        var job = (await CreateAsync(service, file, null, "{}")).ShouldBe(200);

        await UntilAsync(service, job.Id, "failed");

        var failed = await service.Http.GetAsync($"/openai/v1/fine_tuning/jobs/{job.Id}");
        failed["error"].ToJsonString().ShouldBe(
            """{"code":"not_finite","message":"The loss is not a number.","param":"training_file"}""");
        failed["method"]["type"]!.GetValue<string>().ShouldBe("supervised");
        var last = (await service.Http.GetAsync($"/openai/v1/fine_tuning/jobs/{job.Id}/events"))["data"][0]!;
        (last["level"]!.GetValue<string>(), last["message"]!.GetValue<string>()).ShouldBe(("error", "The job failed: The loss is not a number."));
    }

    [Theory]
    [InlineData("""{"validation_file":"ds_a"}""", "validation_file")]
    [InlineData("""{"integrations":[{"type":"wandb","wandb":{"project":"p"}}]}""", "integrations")]
    [InlineData("""{"suffix":""}""", "suffix")]
    [InlineData("""{"suffix":"12345678901234567890123456789012345678901234567890123456789012345"}""", "suffix")]
    [InlineData("""{"metadata":{"a":1}}""", "metadata.a")]
    [InlineData("""{"metadata":[]}""", "metadata")]
    [InlineData("""{"method":{"type":"reinforcement"}}""", "method.type")]
    [InlineData("""{"method":{"type":"dpo","supervised":{}}}""", "method.supervised")]
    [InlineData("""{"method":{"type":"dpo","dpo":{"hyperparameters":{"beta":0}}}}""", "method.dpo.hyperparameters.beta")]
    [InlineData("""{"method":{"type":"dpo","dpo":{"hyperparameters":{"n_epochs":"many"}}}}""", "method.dpo.hyperparameters.n_epochs")]
    [InlineData("""{"method":{"type":"dpo","dpo":{"hyperparameters":{"lr":1}}}}""", "method.dpo.hyperparameters.lr")]
    [InlineData("""{"method":{"type":"supervised","supervised":{"hyperparameters":{"beta":1}}}}""", "method.supervised.hyperparameters.beta")]
    [InlineData("""{"hyperparameters":{"learning_rate_multiplier":100000}}""", "hyperparameters.learning_rate_multiplier")]
    [InlineData("""{"hyperparameters":{"n_epochs":1},"method":{"type":"supervised"}}""", "hyperparameters")]
    [InlineData("""{"model":"gpt-4o-mini"}""", "model")]
    [InlineData("""{"training_file":"file-abc"}""", "training_file")]
    [InlineData("""{"seed":"a"}""", "seed")]
    [InlineData("""{"temperature":1}""", "temperature")]
    public async Task A_field_that_is_wrong_or_not_supported_is_refused_by_its_name(string given, string param)
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        TinyGguf.Write(Path.Combine(service.Models, "tiny.gguf"));
        var body = new JsonObject
        {
            ["model"] = (await service.PostAsync("/v1/models", """{"path":"tiny.gguf"}""")).ShouldBe(201).Id,
            ["training_file"] = (await UploadAsync(service, Rows, "pairs.jsonl")).Id,
        };
        foreach (var (name, value) in JsonNode.Parse(given)!.AsObject())
            body[name] = value?.DeepClone();

        var refused = await service.PostAsync("/openai/v1/fine_tuning/jobs", body);

        refused.ShouldBeOpenAi(400, refused["error"]["code"]!.GetValue<string>(), param);
        (await service.GetAsync("/v1/training-runs"))["data"].AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Errors_have_OpenAIs_form_below_its_prefix_and_nowhere_else()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        using var nobody = service.ClientWith(null);
        using var refused = await nobody.GetAsync("/openai/v1/models");
        ((int)refused.StatusCode).ShouldBe(401);
        refused.Headers.WwwAuthenticate.ShouldHaveSingleItem();
        JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!["code"]!.GetValue<string>().ShouldBe("invalid_api_key");

        (await service.GetAsync("/openai/v1/assistants")).ShouldBeOpenAi(404, "unknown_address", null);
        (await service.GetAsync("/openai/v1/models/none")).ShouldBeOpenAi(404, "not_found", null);
        (await service.PostAsync("/openai/v1/fine_tuning/jobs", "{")).ShouldBeOpenAi(400, "invalid_json", "body");
        (await service.GetAsync("/openai/v1/files?order=up")).ShouldBeOpenAi(400, "invalid_page", "order");
        (await service.GetAsync("/openai/v1/files?limit=0")).ShouldBeOpenAi(400, "invalid_page", "limit");
        (await service.GetAsync("/openai/v1/files?limit=x")).ShouldBeOpenAi(400, "invalid_parameter", "limit");
        (await service.GetAsync("/openai/v1/fine_tuning/jobs?after=x")).ShouldBeOpenAi(400, "invalid_page", "after");
        (await service.GetAsync("/openai/nothing")).ShouldBeProblem(404, "unknown-address");
        (await service.GetAsync("/v1/models/none")).ShouldBeProblem(404, "not-found");
    }

    private static async Task CheckListAsync(HttpService service, string[] ids)
    {
        var all = await service.GetAsync("/openai/v1/files");
        (all["object"].GetValue<string>(), all["has_more"].GetValue<bool>()).ShouldBe(("list", false));
        Ids(all).ShouldBe(ids.Reverse());
        Ids(await service.GetAsync("/openai/v1/files?order=asc&purpose=fine-tune")).ShouldBe(ids);
        Ids(await service.GetAsync("/openai/v1/files?purpose=batch")).ShouldBeEmpty();
        var page = await service.GetAsync("/openai/v1/files?order=asc&limit=2");
        (Ids(page).Count(), page["has_more"].GetValue<bool>(), page["last_id"].GetValue<string>()).ShouldBe((2, true, ids[1]));
        Ids(await service.GetAsync($"/openai/v1/files?order=asc&limit=2&after={ids[1]}")).ShouldBe([ids[2]]);
        Ids(await service.GetAsync($"/openai/v1/files?after={ids[1]}")).ShouldBe([ids[0]]);
    }

    private static async Task CheckFilterAsync(TrainingService service, string file, string job)
    {
        var other = (await CreateAsync(service, file, null, "{}")).ShouldBe(200).Id;
        Ids(await service.Http.GetAsync("/openai/v1/fine_tuning/jobs")).ShouldBe([other, job]);
        Ids(await service.Http.GetAsync("/openai/v1/fine_tuning/jobs?metadata[a]=1&metadata[b]=")).ShouldBe([job]);
        Ids(await service.Http.GetAsync("/openai/v1/fine_tuning/jobs?metadata[a]=2")).ShouldBeEmpty();
        Ids(await service.Http.GetAsync("/openai/v1/fine_tuning/jobs?metadata=null")).ShouldBe([other]);
        Ids(await service.Http.GetAsync($"/openai/v1/fine_tuning/jobs?limit=1&after={other}")).ShouldBe([job]);
    }

    private static IEnumerable<string> Ids(Answer list) =>
        list.ShouldBe(200)["data"].AsArray().Select(row => row!["id"]!.GetValue<string>());

    private static Task<Answer> CreateAsync(TrainingService service, string file, string? method, string more)
    {
        var body = JsonNode.Parse(more)!.AsObject();
        (body["model"], body["training_file"]) = (service.Model, file);
        if (method is not null)
            body["method"] = JsonNode.Parse(method);
        return service.Http.PostAsync("/openai/v1/fine_tuning/jobs", body);
    }

    private static Task<Answer> MoveAsync(TrainingService service, string job, string move) =>
        service.Http.PostAsync($"/openai/v1/fine_tuning/jobs/{job}/{move}");

    private static Task UntilAsync(TrainingService service, string job, string status) => Wait.UntilAsync(
        async () => (await service.Http.GetAsync($"/openai/v1/fine_tuning/jobs/{job}"))["status"].GetValue<string>() == status,
        seconds: 60, status);

    private static async Task<Answer> UploadAsync(
        HttpService service, string? rows, string name, string? purpose = "fine-tune", (string Name, string Value)? more = null)
    {
        using var form = new MultipartFormDataContent();
        if (rows is not null)
            form.Add(new StringContent(rows, Encoding.UTF8, "application/jsonl"), "file", name);
        if (purpose is not null)
            form.Add(new StringContent(purpose), "purpose");
        if (more is var (field, value))
            form.Add(new StringContent(value), field);
        return await service.PostAsync("/openai/v1/files", form);
    }

    private static async Task<Answer> RawAsync(HttpService service, string type, string body)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return await service.PostAsync("/openai/v1/files", content);
    }
}
