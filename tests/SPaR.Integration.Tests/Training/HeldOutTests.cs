using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Torch.Training;

namespace SPaR.Integration.Tests.Training;

/// <summary>Held-out rows and several datasets over HTTP, with the real trainer on the micro-world's model.</summary>
public sealed class HeldOutTests(PostgresFixture postgres)
{
    private const string Options =
        """{"learning_rate":2e-4,"batch_size":8,"micro_batch_size":4,"num_train_epochs":3,"threads":1""";

    [Fact]
    public async Task A_share_is_held_out_and_evaluated_and_the_best_step_becomes_the_model()
    {
        await using var service = await TrainingService.StartRealAsync(postgres);
        var id = await service.TrainAsync(Options + ""","val_size":0.25,"eval_steps":2,"load_best_model_at_end":true}""");

        var ended = await service.StatusAsync(id, "succeeded");

        (ended["rows"].GetValue<int>(), ended["eval_rows"].GetValue<int>(), ended["dropped_count"].GetValue<int>()).ShouldBe((24, 8, 0));
        ended["datasets"][0]!["rows"]!.ToJsonString().ShouldBe("""{"given":32,"used":24,"held_out":8,"dropped":0}""");
        var metrics = (await service.Http.GetAsync($"/v1/training-runs/{id}/metrics")).ShouldBe(200).Lines;
        var evaluated = metrics.Where(m => m["eval_loss"] is not null).ToList();
        evaluated.Select(m => m["step"]!.GetValue<int>()).ShouldBe([2, 4, 6, 8, 9]);
        evaluated[^1]["eval_rewards/margins"].ShouldNotBeNull();
        ended["evaluation"]["step"]!.GetValue<int>().ShouldBe(9);
        var outcome = ended["outcome"];
        var best = evaluated.MinBy(m => m["eval_loss"]!.GetValue<double>())!;
        (outcome["code"]!.GetValue<string>(), outcome["best_step"]!.GetValue<int>(), outcome["model_step"]!.GetValue<int>())
            .ShouldBe(("completed", best["step"]!.GetValue<int>(), best["step"]!.GetValue<int>()));
        (await service.Http.GetAsync($"/v1/training-runs/{id}/metrics?format=csv")).Text.Split('\n')[0].ShouldContain("eval_loss");
        File.Exists(Path.Combine(service.Folder, id, "eval.ndjson")).ShouldBeFalse("nothing needs it any more");
    }

    [Fact]
    public async Task Early_stopping_ends_a_training_that_no_longer_improves_and_a_pause_changes_nothing()
    {
        await using var service = await TrainingService.StartRealAsync(postgres);
        var options = Options.Replace("2e-4", "5e-3", StringComparison.Ordinal).Replace("s\":3", "s\":60", StringComparison.Ordinal)
            + ""","val_size":0.25,"eval_steps":1,"load_best_model_at_end":true,"early_stopping_patience":8,"save_steps":3}""";
        var whole = await service.StatusAsync(await service.TrainAsync(options), "succeeded");
        var id = await service.TrainAsync(options);
        await service.StepAsync(id, 3);
        (await service.MoveAsync(id, "pause")).ShouldBe(200);
        await service.WaitAsync(id, now => now["status"].GetValue<string>() is "paused" or "succeeded");
        if ((await service.GetAsync(id))["status"].GetValue<string>() == "paused")
            (await service.MoveAsync(id, "resume")).ShouldBe(200);
        var ended = await service.StatusAsync(id, "succeeded");

        whole["outcome"]["code"]!.GetValue<string>().ShouldBe("early-stopping");
        ended["outcome"].ToJsonString().ShouldBe(whole["outcome"].ToJsonString());
        (ended["step"].GetValue<int>(), ended["steps"].GetValue<int>()).ShouldBe((whole["step"].GetValue<int>(), 180));
        ended["step"].GetValue<int>().ShouldBeLessThan(180);
        (await HashAsync(service, ended)).ShouldBe(await HashAsync(service, whole));
    }

    [Fact]
    public async Task Several_datasets_are_mixed_by_weight_and_a_dataset_of_its_own_is_evaluated()
    {
        await using var service = await TrainingService.StartRealAsync(postgres);
        var rows = MicroRows.Preferences(60).ToArray();
        var (small, held) = (await UploadAsync(service, rows[32..40]), await UploadAsync(service, rows[40..]));

        var created = (await service.PostAsync($$$"""
            {"method":"dpo","model":"MODEL","datasets":[{"upload":"DATASET","weight":0.3},{"upload":"{{{small}}}","weight":0.7}],
             "eval_dataset":{"upload":"{{{held}}}"},"options":{{{Options}}}},"seed":7}
            """)).ShouldBe(201);
        var ended = await service.StatusAsync(created.Id, "succeeded");

        created["datasets"].AsArray().Select(d => d!["weight"]!.GetValue<double>()).ShouldBe([0.3, 0.7]);
        (ended["rows"].GetValue<int>(), ended["eval_rows"].GetValue<int>(), ended["steps"].GetValue<int>()).ShouldBe((40, 20, 15));
        ended["datasets"].AsArray().Select(d => d!["rows"]!["used"]!.GetValue<int>()).ShouldBe([32, 8]);
        ended["eval_dataset"]["rows"]!["held_out"]!.GetValue<int>().ShouldBe(20);
        (await service.Http.GetAsync($"/v1/models/{ended["result"]}"))["lineage"]["datasets"]!.AsArray()
            .Select(d => d!["upload"]!.GetValue<string>()).ShouldBe([service.Dataset, small]);
        (await service.Http.GetAsync($"/v1/models/{ended["result"]}/lineage"))["steps"][0]!["datasets"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_cannot_be_held_out_or_mixed_is_refused_by_field()
    {
        await using var service = await TrainingService.StartAsync(postgres);
        var one = await UploadAsync(service, ["""{"prompt":"one","chosen":"a","rejected":"bb"}"""]);
        var talk = (await service.Http.PostAsync(
            "/v1/datasets", """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""",
            "application/x-ndjson")).ShouldBe(201).Id;
        foreach (var (body, field) in new[]
        {
            ("", "dataset"),
            (""" "dataset":{"upload":"DATASET"},"datasets":[{"upload":"ONE"}] """, "dataset"),
            (""" "datasets":[] """, "datasets"),
            (""" "datasets":[{"upload":"DATASET"},{"upload":"DATASET"}] """, "datasets[1]"),
            (""" "datasets":[{"upload":"DATASET","weight":0},{"upload":"ONE","weight":1}] """, "datasets[0].weight"),
            (""" "datasets":[{"upload":"DATASET","weight":1001},{"upload":"ONE","weight":1}] """, "datasets[0].weight"),
            (""" "datasets":[{"upload":"DATASET","weight":1},{"upload":"ONE"}] """, "datasets[0].weight"),
            (""" "datasets":[{"upload":"DATASET"},{"upload":"TALK"}] """, "datasets[1].upload"),
            (""" "dataset":{"upload":"DATASET","weight":1} """, "dataset.weight"),
            (""" "dataset":{"upload":"DATASET"},"eval_dataset":{"upload":"DATASET"} """, "eval_dataset"),
            (""" "dataset":{"upload":"DATASET"},"eval_dataset":{"upload":"ds_none"} """, "eval_dataset.upload"),
            (""" "dataset":{"upload":"DATASET"},"eval_dataset":{"upload":"ONE"},"options":{"val_size":0.1} """, "options.val_size"),
            (""" "dataset":{"upload":"ONE"},"options":{"val_size":0.1} """, "options.val_size"),
            (""" "dataset":{"upload":"DATASET"},"options":{"early_stopping_patience":2} """, "options.early_stopping_patience"),
        })
        {
            var refused = await service.PostAsync(
                $$"""{"method":"dpo","model":"MODEL"{{(body.Length == 0 ? "" : "," + body)}}}"""
                    .Replace("ONE", one, StringComparison.Ordinal).Replace("TALK", talk, StringComparison.Ordinal));

            refused.ShouldBeProblem(422, "invalid-training-run", field);
        }

        (await service.Http.GetAsync("/v1/training-runs"))["data"].AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Rows_on_one_prompt_cannot_be_divided()
    {
        await using var service = await TrainingService.StartAsync(postgres);
        var same = await UploadAsync(service, [
            """{"prompt":"one","chosen":"a good","rejected":"b"}""", """{"prompt":"one","chosen":"dd ee","rejected":"c"}"""]);
        var id = (await service.PostAsync(
            $$$"""{"method":"dpo","model":"MODEL","dataset":{"upload":"{{{same}}}"},"options":{"val_size":0.5}}""")).ShouldBe(201).Id;

        var failed = await service.StatusAsync(id, "failed");

        failed["failure"]["code"]!.GetValue<string>().ShouldBe("no-eval-rows");
        (await service.MoveAsync(id, "retry")).ShouldBeProblem(409, "invalid-state");
    }

    private static async Task<string> UploadAsync(TrainingService service, string[] rows) => (await service.Http.PostAsync(
        "/v1/datasets?format=trl-standard", string.Join('\n', rows), "application/x-ndjson")).ShouldBe(201).Id;

    private static async Task<string> HashAsync(TrainingService service, Answer ended) =>
        (await service.Http.GetAsync($"/v1/models/{ended["result"]}"))["sha256"].GetValue<string>();
}
