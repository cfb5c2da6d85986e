using System.Security.Cryptography;
using SPaR.Gguf;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Training;

/// <summary>The real trainer on the micro-world's model, asked for over HTTP.</summary>
public sealed class RealTrainingTests(PostgresFixture postgres)
{
    /// <summary>80 steps.</summary>
    private const string Full =
        """{"learning_rate":2e-4,"batch_size":8,"micro_batch_size":4,"num_train_epochs":20,"save_steps":5,"threads":1}""";

    [Fact]
    public async Task A_trainer_killed_in_the_middle_of_a_step_makes_the_model_of_one_that_was_not()
    {
        await using var service = await TrainingService.StartRealAsync(postgres);
        var whole = await service.StatusAsync(await service.TrainAsync(Full), "succeeded");
        var run = await service.TrainAsync(Full);
        var metrics = Path.Combine(service.Folder, run, "metrics.ndjson");
        await service.StepAsync(run, 12);
        var seen = new FileInfo(metrics).Length;
        // A step has just ended, so the next one has begun.
        while (new FileInfo(metrics).Length == seen)
            await Task.Delay(1, TestContext.Current.CancellationToken);

        await TrainingEndTests.KillAsync(await service.ProcessAsync(run));
        var ended = await service.StatusAsync(run, "succeeded");

        ended["restarts"].GetValue<int>().ShouldBe(1);
        (await service.StepsAsync(run)).ShouldBe(Enumerable.Range(1, 80));
        (await ModelAsync(service, ended))["sha256"].GetValue<string>()
            .ShouldBe((await ModelAsync(service, whole))["sha256"].GetValue<string>());
    }

    [Fact]
    public async Task A_pause_is_no_death_and_progress_is_shown_all_along()
    {
        await using var service = await TrainingService.StartRealAsync(postgres);
        var run = await service.TrainAsync(Full);

        var running = await service.WaitAsync(
            run, now => now["step"].GetValue<int>() >= 3 && now.Json["remaining_seconds"] is not null);
        (await service.MoveAsync(run, "pause")).ShouldBe(200);
        var paused = await service.StatusAsync(run, "paused");
        var checkpoints = (await service.Http.GetAsync($"/v1/training-runs/{run}/checkpoints"))["data"].AsArray();
        (await service.MoveAsync(run, "resume")).ShouldBe(200);
        var ended = await service.StatusAsync(run, "succeeded");

        running["status"].GetValue<string>().ShouldBe("running");
        running["steps"].GetValue<int>().ShouldBe(80);
        running["metrics"]["loss"]!.GetValue<double>().ShouldBePositive();
        running["metrics"]["rewards/margins"].ShouldNotBeNull();
        checkpoints[^1]!["step"]!.GetValue<int>().ShouldBe(paused["step"].GetValue<int>(), "the pause wrote one");
        checkpoints[^1]!["bytes"]!.GetValue<long>().ShouldBePositive();
        // The trainer takes the request to stop away with it, and its end was then counted as a death.
        ended["restarts"].GetValue<int>().ShouldBe(0);
        (await service.StepsAsync(run)).ShouldBe(Enumerable.Range(1, 80));
    }

    [Fact]
    public async Task A_training_whose_model_file_was_replaced_fails_and_goes_on_once_the_file_is_back()
    {
        await using var service = await TrainingService.StartRealAsync(postgres);
        var run = await service.TrainAsync(Full);
        await service.StepAsync(run, 3);
        (await service.MoveAsync(run, "pause")).ShouldBe(200);
        await service.StatusAsync(run, "paused");
        var file = Directory.GetFiles(service.Models, "*.gguf").ShouldHaveSingleItem();
        var registered = await File.ReadAllBytesAsync(file);
        byte[] other = [.. registered];
        other[^1] ^= 1;

        await File.WriteAllBytesAsync(file, other);
        (await service.MoveAsync(run, "resume")).ShouldBe(200);
        var failed = await service.StatusAsync(run, "failed");
        await File.WriteAllBytesAsync(file, registered);
        (await service.MoveAsync(run, "resume")).ShouldBe(200);
        await service.StatusAsync(run, "succeeded");

        failed["failure"]["code"]!.GetValue<string>().ShouldBe("model-file-changed");
        (await service.StepsAsync(run)).ShouldBe(Enumerable.Range(1, 80));
    }

    [Fact]
    public async Task An_adapter_is_a_model_on_what_it_was_trained_from_and_plays_in_a_run()
    {
        await using var service = await TrainingService.StartRealAsync(postgres);

        var ended = await service.StatusAsync(await service.TrainAsync(Lora(merge: false)), "succeeded");

        await CheckAdapterAsync(service, ended);
        var model = await ModelAsync(service, ended);
        model["base"].GetValue<string>().ShouldBe(service.Model);
        model["sha256"].GetValue<string>().ShouldBe(ended["adapter"]["sha256"]!.GetValue<string>());
        model["lineage"]["parent"]!.GetValue<string>().ShouldBe(service.Model);
        model["lineage"]["adapter"]!["path"]!.GetValue<string>().ShouldBe(model["path"].GetValue<string>());
        (await PlayAsync(service, model.Id))["states"]!.AsObject().Sum(s => s.Value!.GetValue<int>()).ShouldBe(2);
        (await service.PostAsync($$$"""{"method":"dpo","model":"{{{model.Id}}}","dataset":{"upload":"DATASET"}}"""))
            .ShouldBeProblem(422, "invalid-training-run", "model").Saying($"is an adapter on '{service.Model}'");
        var listed = (await service.Http.GetAsync($"/v1/models/{service.Model}"))["adapters"].AsArray().ShouldHaveSingleItem()!;
        listed["training_run"]!.GetValue<string>().ShouldBe(ended.Id);
        listed["sha256"]!.GetValue<string>().ShouldBe(ended["adapter"]["sha256"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_merged_model_is_registered_beside_its_adapter_and_names_it()
    {
        await using var service = await TrainingService.StartRealAsync(postgres);

        var ended = await service.StatusAsync(await service.TrainAsync(Lora(merge: true)), "succeeded");

        await CheckAdapterAsync(service, ended);
        var model = await ModelAsync(service, ended);
        model["lineage"]["parent"]!.GetValue<string>().ShouldBe(service.Model);
        model["lineage"]["adapter"]!["path"]!.GetValue<string>().ShouldBe(ended["adapter"]["path"]!.GetValue<string>());
        model["adapters"].AsArray().ShouldBeEmpty();
        model["sha256"].GetValue<string>().ShouldBe(await HashAsync(service, model["path"].GetValue<string>()));
    }

    [Theory]
    [InlineData("dpo", "\"bf16\":true")]
    [InlineData("dpo", "\"gradient_checkpointing\":true")]
    [InlineData("sft", "\"bf16\":true,\"gradient_checkpointing\":true")]
    public async Task Half_precision_and_checkpointing_train_to_the_end(string method, string option)
    {
        await using var service = await TrainingService.StartRealAsync(postgres);

        var ended = await service.StatusAsync(
            await service.TrainAsync(
                $$"""{"learning_rate":2e-4,"batch_size":8,"num_train_epochs":2,"threads":1,{{option}}}""", method), "succeeded");

        ended["options"].ToJsonString().ShouldContain(option);
        (await service.StepsAsync(ended.Id)).ShouldBe(Enumerable.Range(1, 8));
        var losses = (await service.Http.GetAsync($"/v1/training-runs/{ended.Id}/metrics")).Lines
            .Select(l => l["loss"]!.GetValue<double>());
        losses.ShouldAllBe(loss => double.IsFinite(loss) && loss > 0);
        (await ModelAsync(service, ended))["architecture"].GetValue<string>().ShouldBe("llama");
    }

    /// <summary>The adapter answers, its base judges.</summary>
    /// <returns>The progress of the run when it has succeeded.</returns>
    private static async Task<System.Text.Json.Nodes.JsonNode> PlayAsync(TrainingService service, string actor)
    {
        var set = (await service.Http.PostAsync(
            "/v1/instruction-sets?name=s", """
            {"prompt":"write about lake ;"}
            {"prompt":"write about owl ;"}
            """, "application/x-ndjson")).ShouldBe(201).Id;
        var run = (await service.Http.PostAsync(
            "/v1/runs", $$"""
            {
              "instruction_set": "{{set}}", "actor": "{{actor}}", "refiner": "{{service.Model}}",
              "recipe": {
                "sample": { "n": 2, "max_tokens": 16 }, "judge": { "votes": 1, "max_tokens": 16 }, "preflight": { "stop_below": 0 }
              }
            }
            """)).ShouldBe(201).Id;
        for (var tries = 0; tries < 600; tries++)
        {
            var now = await service.Http.GetAsync($"/v1/runs/{run}");
            now["status"].GetValue<string>().ShouldNotBe("failed", now.Text);
            if (now["status"].GetValue<string>() == "succeeded")
                return now["progress"];
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException(run);
    }

    private static string Lora(bool merge) =>
        $$$"""
        {"learning_rate":2e-4,"batch_size":8,"num_train_epochs":2,"threads":1,"lora":{"merge":{{{(merge ? "true" : "false")}}},"r":2}}
        """;

    private static async Task CheckAdapterAsync(TrainingService service, Answer ended)
    {
        var path = ended["adapter"]["path"]!.GetValue<string>();
        path.ShouldBe($"trained/{ended.Id}.adapter.gguf");
        ended["adapter"]["sha256"]!.GetValue<string>().ShouldBe(await HashAsync(service, path));
        ended["adapter"]["bytes"]!.GetValue<long>().ShouldBe(new FileInfo(Path.Combine(service.Models, path)).Length);
        GgufReader.Read(Path.Combine(service.Models, path)).Metadata["general.type"].ShouldBe("adapter");
    }

    private static async Task<string> HashAsync(TrainingService service, string path) =>
        Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(service.Models, path))));

    private static async Task<Answer> ModelAsync(TrainingService service, Answer run) =>
        (await service.Http.GetAsync($"/v1/models/{run["result"]}")).ShouldBe(200);
}
