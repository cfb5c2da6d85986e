using System.Text.Json.Nodes;
using SPaR.Gguf;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Rounds;

/// <summary>A model whose weights are quantised plays, and is trained with an adapter only: a run says so before it begins.</summary>
public sealed class QuantisedModelTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_run_that_would_train_quantised_weights_is_refused_by_field_and_one_that_plays_or_trains_an_adapter_is_taken()
    {
        await using var world = await RoundWorld.StartAsync(postgres);
        TinyGguf.Write(Path.Combine(world.Service.Models, "quantised.gguf"), weights: GgufTensorType.Find(8));
        var registered = (await world.Http.PostAsync("/v1/models", """{"path":"quantised.gguf"}""")).ShouldBe(201);
        registered["file_type"].GetValue<string>().ShouldBe("Q8_0");
        var set = (await world.Http.PostAsync("/v1/instruction-sets?name=s", """{"prompt":"hard"}""", "application/x-ndjson")).Id;

        foreach (var (actor, refiner, field) in new[]
        {
            (registered.Id, world.Service.Model, "actor"), (world.Service.Model, registered.Id, "refiner"),
        })
            (await StartAsync(actor, refiner, new JsonObject())).ShouldBeProblem(422, "invalid-run", field)
                .Saying("quantised.gguf: the tensor").Saying("is Q8_0; only F32, F16 and BF16 can be trained whole.")
                .Saying("Train an adapter (the option lora)");
        (await world.Http.GetAsync("/v1/runs"))["data"].AsArray().ShouldBeEmpty("nothing was stored");
        var lora = new JsonObject { ["lora"] = new JsonObject() };
        (await StartAsync(registered.Id, world.Service.Model, new JsonObject { ["actor"] = lora.DeepClone() })).ShouldBe(201);
        (await StartAsync(world.Service.Model, registered.Id, new JsonObject { ["actor"] = lora.DeepClone() }))
            .ShouldBeProblem(422, "invalid-run", "refiner");
        var judged = (await StartAsync(world.Service.Model, null, new JsonObject(), judge: registered.Id)).ShouldBe(201);
        await world.StatusAsync(judged.Id, "succeeded");

        var played = (await StartAsync(registered.Id, null, null)).ShouldBe(201);
        await world.StatusAsync(played.Id, "succeeded");

        Task<Answer> StartAsync(string actor, string? refiner, JsonObject? train, string? judge = null) => world.Http.PostAsync(
            "/v1/runs", new JsonObject
            {
                ["instruction_set"] = set,
                ["actor"] = actor,
                ["refiner"] = refiner,
                ["judge"] = judge,
                ["recipe"] = new JsonObject { ["sample"] = new JsonObject { ["n"] = 2 }, ["train"] = train },
            });
    }
}
