using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Training;

public sealed class TrainingRunTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_run_goes_from_an_upload_to_a_model_with_its_lineage()
    {
        await using var service = await TrainingService.StartAsync(postgres);
        var run = await service.TrainAsync();

        var ended = await service.StatusAsync(run, "succeeded");

        ended["step"].GetValue<int>().ShouldBe(6);
        ended["steps"].GetValue<int>().ShouldBe(6);
        ended["rows"].GetValue<int>().ShouldBe(2);
        ended["metrics"]["loss"]!.GetValue<double>().ShouldBe(0.3);
        ended["seed"].GetValue<string>().ShouldBe("7");
        var model = (await service.Http.GetAsync($"/v1/models/{ended["result"]}")).ShouldBe(200);
        model["path"].GetValue<string>().ShouldBe($"trained/{run}.gguf");
        model["lineage"]["parent"]!.GetValue<string>().ShouldBe(service.Model);
        model["lineage"]["training_run"]!.GetValue<string>().ShouldBe(run);
        model["lineage"]["datasets"]![0]!["upload"]!.GetValue<string>().ShouldBe(service.Dataset);
        model["lineage"]["dataset_sha256"]!.GetValue<string>()
            .ShouldBe((await service.Http.GetAsync($"/v1/datasets/{service.Dataset}"))["sha256"].GetValue<string>());
        await CheckProgressAsync(service, run);
        var data = await File.ReadAllLinesAsync(Path.Combine(service.Folder, run, "seen.ndjson"));
        data[0].ShouldBe("""{"id":"line 1","prompt":[0,2,3,3],"chosen":[1,4,6,4],"rejected":[1,3,6,4]}""");
    }

    [Fact]
    public async Task The_result_has_the_template_that_its_parent_was_registered_with()
    {
        await using var service = await TrainingService.StartAsync(postgres);
        File.Copy(Path.Combine(service.Models, "tiny.gguf"), Path.Combine(service.Models, "named.gguf"));
        var named = (await service.Http.PostAsync("/v1/models", """{"path":"named.gguf","template":"qwen3"}""")).ShouldBe(201).Id;

        var run = await service.PostAsync($$$"""{"method":"dpo","model":"{{{named}}}","dataset":{"upload":"DATASET"}}""");
        var ended = await service.StatusAsync(run.ShouldBe(201).Id, "succeeded");

        (await service.Http.GetAsync($"/v1/models/{ended["result"]}"))["template"].GetValue<string>().ShouldBe("qwen3");
    }

    [Fact]
    public async Task A_process_that_dies_is_started_again_and_each_step_stands_once()
    {
        await using var service = await TrainingService.StartAsync(postgres, "crash");
        var run = await service.TrainAsync();

        (await service.StatusAsync(run, "succeeded"))["restarts"].GetValue<int>().ShouldBe(1);

        (await service.StepsAsync(run)).ShouldBe([1, 2, 3, 4, 5, 6]);
    }

    [Fact]
    public async Task A_process_runs_on_without_its_supervisor_and_the_next_one_finds_it()
    {
        await using var service = await TrainingService.StartAsync(postgres, "slow");
        var run = await service.TrainAsync();
        await service.WaitAsync(run, now => now["step"].GetValue<int>() == 2);
        var process = await service.NoteAsync(run);

        await service.RestartAsync();
        service.Untell("slow");
        var ended = await service.StatusAsync(run, "succeeded");

        ended["restarts"].GetValue<int>().ShouldBe(0);
        (await service.NoteAsync(run)).ShouldBe(process);
        (await service.StepsAsync(run)).ShouldBe([1, 2, 3, 4, 5, 6]);
    }

    [Fact]
    public async Task A_run_is_paused_resumed_and_cancelled()
    {
        await using var service = await TrainingService.StartAsync(postgres, "slow");
        var run = await service.TrainAsync();
        await service.WaitAsync(run, now => now["step"].GetValue<int>() == 2);

        (await service.MoveAsync(run, "resume")).ShouldBeProblem(409, "invalid-state")
            .Saying("it can be resumed while it is paused or failed");
        (await service.MoveAsync(run, "pause")).ShouldBe(200);
        await service.StatusAsync(run, "paused");
        service.Tell("slow=4");
        (await service.MoveAsync(run, "resume")).ShouldBe(200);
        await service.WaitAsync(run, now => now["step"].GetValue<int>() > 2);
        (await service.MoveAsync(run, "cancel")).ShouldBe(200);
        var ended = await service.StatusAsync(run, "cancelled");

        ended["restarts"].GetValue<int>().ShouldBe(0);
        (await service.MoveAsync(run, "cancel")).ShouldBeProblem(409, "invalid-state");
    }

    [Fact]
    public async Task A_round_of_a_run_trains_the_refiner_on_its_examples_and_pairs_that_say_nothing_are_dropped()
    {
        await using var service = await TrainingService.StartAsync(postgres);
        var set = (await service.Http.PostAsync("/v1/instruction-sets", """{"name":"s","instructions":[{"prompt":"one"}]}""")).Id;
        var run = (await service.Http.PostAsync("/v1/runs", $$"""{"instruction_set":"{{set}}","actor":"{{service.Model}}"}""")).Id;
        Task<Answer> TrainAsync(string method, string more = "") => service.PostAsync(
            $$$"""{"method":"{{{method}}}","model":"MODEL","dataset":{"run":"{{{run}}}"{{{more}}} } }""");
        while ((await service.Http.GetAsync($"/v1/runs/{run}"))["status"].GetValue<string>() != "succeeded")
            await Task.Delay(100, TestContext.Current.CancellationToken);

        var sft = await service.StatusAsync((await TrainAsync("sft")).ShouldBe(201).Id, "succeeded");
        // The scripted tokens of a word are its length: the two answers of the pair have the same.
        var dpo = await service.StatusAsync((await TrainAsync("dpo")).ShouldBe(201).Id, "failed");

        var trained = sft["datasets"].AsArray().ShouldHaveSingleItem()!;
        (trained["run"]!.GetValue<string>(), trained["round"]!.GetValue<int>(), trained["data"]!.GetValue<string>())
            .ShouldBe((run, 1, "refiner-examples"));
        trained["rows"]!["used"]!.GetValue<int>().ShouldBe(sft["rows"].GetValue<int>());
        sft["rows"].GetValue<int>().ShouldBePositive();
        dpo["failure"]["code"]!.GetValue<string>().ShouldBe("no-rows");
        dpo["dropped"].AsArray().ShouldHaveSingleItem()!["id"]!.GetValue<string>().ShouldStartWith("pair_");
        (await TrainAsync("sft", ""","round":2""")).ShouldBeProblem(422, "invalid-training-run", "dataset.round");
    }

    [Fact]
    public async Task A_process_that_says_why_it_cannot_go_on_fails_the_run_with_its_reason()
    {
        await using var service = await TrainingService.StartAsync(postgres, "fail");

        var ended = await service.StatusAsync(await service.TrainAsync(), "failed");

        ended["failure"].ToJsonString().ShouldBe("""{"code":"not-finite","message":"The loss is not a number.","row":"line 2"}""");
    }

    private static async Task CheckProgressAsync(TrainingService service, string run)
    {
        (await service.StepsAsync(run)).ShouldBe([1, 2, 3, 4, 5, 6]);
        var csv = await service.Http.GetAsync($"/v1/training-runs/{run}/metrics?format=csv");
        csv.Type.ShouldBe("text/csv");
        csv.Text.Split('\n')[0].Split(',').ShouldBe(["step", "loss", "rewards/margins", "epoch", "total_steps"], ignoreOrder: true);
        csv.Text.Split('\n').Length.ShouldBe(8);
        (await service.Http.GetAsync($"/v1/training-runs/{run}/metrics?format=xml")).ShouldBeProblem(422, "unknown-format", "format");
        var checkpoints = (await service.Http.GetAsync($"/v1/training-runs/{run}/checkpoints"))["data"].AsArray();
        checkpoints.ShouldBeEmpty("nothing resumes a training that has succeeded");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/training-runs/{run}/events")
        {
            Headers = { { "Last-Event-ID", "4" }, { "Accept", "text/event-stream" } },
        };
        using var response = await service.Http.Client.SendAsync(request);
        var events = await response.Content.ReadAsStringAsync();
        events.Split('\n').Where(l => l.StartsWith("id: ", StringComparison.Ordinal)).ShouldBe(["id: 5", "id: 6"]);
        events.ShouldContain("event: status\n");
        (await service.Http.GetAsync($"/v1/training-runs/{run}/events"))["data"].AsArray().Select(e => e!["type"]!.GetValue<string>())
            .ShouldBe(["training.queued", "training.running", "training.succeeded"]);
    }
}
