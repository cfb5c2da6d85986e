using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Training;
using static SPaR.Integration.Tests.OpenAi.OpenAiRows;

namespace SPaR.Integration.Tests.OpenAi;

/// <summary>Fine-tuning jobs and errors in OpenAI's form, over plain HTTP, with the scripted trainer.</summary>
public sealed class OpenAiJobTests(PostgresFixture postgres)
{
    /// <summary>Fields of a job that are refused, and the name of the field at fault.</summary>
    private static readonly (string Given, string Param)[] Refused =
    [
        ("""{"validation_file":"ds_a"}""", "validation_file"),
        ("""{"validation_file":"TRAINING"}""", "validation_file"),
        ("""{"integrations":[{"type":"wandb","wandb":{"project":"p"}}]}""", "integrations"),
        ("""{"suffix":""}""", "suffix"),
        ("""{"suffix":"12345678901234567890123456789012345678901234567890123456789012345"}""", "suffix"),
        ("""{"metadata":{"a":1}}""", "metadata.a"),
        ("""{"metadata":[]}""", "metadata"),
        ("""{"method":{"type":"reinforcement"}}""", "method.type"),
        ("""{"method":{"type":"dpo","supervised":{}}}""", "method.supervised"),
        ("""{"method":{"type":"dpo","dpo":{"hyperparameters":{"beta":0}}}}""", "method.dpo.hyperparameters.beta"),
        ("""{"method":{"type":"dpo","dpo":{"hyperparameters":{"n_epochs":"many"}}}}""", "method.dpo.hyperparameters.n_epochs"),
        ("""{"method":{"type":"dpo","dpo":{"hyperparameters":{"lr":1}}}}""", "method.dpo.hyperparameters.lr"),
        ("""{"method":{"type":"supervised","supervised":{"hyperparameters":{"beta":1}}}}""", "method.supervised.hyperparameters.beta"),
        ("""{"hyperparameters":{"learning_rate_multiplier":100000}}""", "hyperparameters.learning_rate_multiplier"),
        ("""{"hyperparameters":{"n_epochs":1},"method":{"type":"supervised"}}""", "hyperparameters"),
        ("""{"model":"gpt-4o-mini"}""", "model"),
        ("""{"training_file":"file-abc"}""", "training_file"),
        ("""{"seed":"a"}""", "seed"),
        ("""{"temperature":1}""", "temperature"),
    ];

    [Fact]
    public async Task A_job_is_a_training_run_and_shows_its_states_as_OpenAI_names_them()
    {
        await using var service = await TrainingService.StartAsync(postgres, "slow");
        File.Copy(Path.Combine(service.Models, "tiny.gguf"), Path.Combine(service.Folder, "made-adapter.gguf"));
        var file = (await UploadAsync(service.Http, TwoPairs, "pairs.jsonl")).Id;
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
        var file = (await UploadAsync(service.Http, TwoPairs, "pairs.jsonl")).Id;
        var job = (await CreateAsync(service, file, null, "{}")).ShouldBe(200);

        await UntilAsync(service, job.Id, "failed");

        var failed = await service.Http.GetAsync($"/openai/v1/fine_tuning/jobs/{job.Id}");
        failed["error"].ToJsonString().ShouldBe(
            """{"code":"not_finite","message":"The loss is not a number.","param":"training_file"}""");
        failed["method"]["type"]!.GetValue<string>().ShouldBe("supervised");
        var last = (await service.Http.GetAsync($"/openai/v1/fine_tuning/jobs/{job.Id}/events"))["data"][0]!;
        (last["level"]!.GetValue<string>(), last["message"]!.GetValue<string>())
            .ShouldBe(("error", "The job failed: The loss is not a number."));
    }

    [Fact]
    public async Task A_field_that_is_wrong_or_not_supported_is_refused_by_its_name()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        TinyGguf.Write(Path.Combine(service.Models, "tiny.gguf"));
        var model = (await service.PostAsync("/v1/models", """{"path":"tiny.gguf"}""")).ShouldBe(201).Id;
        var file = (await UploadAsync(service, TwoPairs, "pairs.jsonl")).Id;
        foreach (var (given, param) in Refused)
        {
            var body = new JsonObject { ["model"] = model, ["training_file"] = file };
            foreach (var (name, value) in JsonNode.Parse(given.Replace("TRAINING", file, StringComparison.Ordinal))!.AsObject())
                body[name] = value?.DeepClone();

            var refused = await service.PostAsync("/openai/v1/fine_tuning/jobs", body);

            refused.ShouldBeOpenAi(400, refused["error"]["code"]!.GetValue<string>(), param);
        }

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

    private static async Task CheckFilterAsync(TrainingService service, string file, string job)
    {
        var other = (await CreateAsync(service, file, null, "{}")).ShouldBe(200).Id;
        Ids(await service.Http.GetAsync("/openai/v1/fine_tuning/jobs")).ShouldBe([other, job]);
        Ids(await service.Http.GetAsync("/openai/v1/fine_tuning/jobs?metadata[a]=1&metadata[b]=")).ShouldBe([job]);
        Ids(await service.Http.GetAsync("/openai/v1/fine_tuning/jobs?metadata[a]=2")).ShouldBeEmpty();
        Ids(await service.Http.GetAsync("/openai/v1/fine_tuning/jobs?metadata=null")).ShouldBe([other]);
        Ids(await service.Http.GetAsync($"/openai/v1/fine_tuning/jobs?limit=1&after={other}")).ShouldBe([job]);
    }

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
}
