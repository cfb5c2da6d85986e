using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Llama;
using SPaR.MicroWorld;

namespace SPaR.Integration.Tests.Evaluation;

/// <summary>The real engine with the micro-world's model, asked over HTTP.</summary>
public sealed class RealEvaluationTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_deterministic_evaluation_gives_the_same_bytes_whatever_else_the_engine_has_to_do()
    {
        await using var engine = Engines.Create(sequences: 16, batch: 128);
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync(), engine);
        File.Copy(MicroModel.Path, Path.Combine(service.Models, "micro.gguf"));
        var model = (await service.PostAsync("/v1/models", """{"path":"micro.gguf"}""")).ShouldBe(201).Id;

        var one = await EvaluateAsync(8, deterministic: true);
        await SucceedsAsync(one);
        var beside = await EvaluateAsync(40, deterministic: false);
        var two = await EvaluateAsync(8, deterministic: true);
        var ended = await SucceedsAsync(two);
        await SucceedsAsync(beside);

        var bytes = await service.GetAsync($"/v1/evaluations/{one}/results.ndjson");
        bytes.Lines.Count.ShouldBe(8);
        (await service.GetAsync($"/v1/evaluations/{two}/results.ndjson")).Text.ShouldBe(bytes.Text);
        ended["measures"]["actor_accuracy_greedy"]!["count"]!.GetValue<int>().ShouldBe(6, "the other two of eight are probes");
        var comparison = (await service.GetAsync($"/v1/evaluations/{one}/compare/{two}")).ShouldBe(200);
        comparison["measures"]["actor_accuracy"]!["difference"]!.GetValue<double>().ShouldBe(0);
        comparison["measures"]["actor_accuracy"]!["ties"]!.GetValue<int>().ShouldBe(6);

        async Task<string> EvaluateAsync(int limit, bool deterministic)
        {
            var recipe = JsonNode.Parse(MicroModel.ReadRecipe())!.AsObject();
            recipe["deterministic"] = deterministic;
            recipe.Remove("train");
            recipe.Remove("evaluate");
            return (await service.PostAsync("/v1/evaluations", new JsonObject
            {
                ["benchmark"] = "micro-world",
                ["model"] = model,
                ["refiner"] = model,
                ["recipe"] = recipe,
                ["seed"] = 3,
                ["limit"] = limit,
            })).ShouldBe(201).Id;
        }

        async Task<Answer> SucceedsAsync(string id)
        {
            var started = TimeProvider.System.GetTimestamp();
            while (true)
            {
                var now = await service.GetAsync($"/v1/evaluations/{id}");
                if (now["status"].GetValue<string>() == "succeeded")
                    return now;
                now["status"].GetValue<string>().ShouldNotBe("failed", now.Text);
                TimeProvider.System.GetElapsedTime(started).TotalSeconds.ShouldBeLessThan(120, now.Text);
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }
    }
}
