using System.Text.Json.Nodes;
using SPaR.Gguf;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Llama.Corpus;
using SPaR.Integration.Tests.Torch.Models;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.Training;

/// <summary>A model that the trainer would refuse is refused when its training is asked for, and nothing is stored.</summary>
public sealed class TrainableModelTests(PostgresFixture postgres)
{
    private const string Rows = """{"prompt":"a","chosen":"b","rejected":"c"}""";

    [Fact]
    public async Task A_model_is_refused_by_what_is_at_fault_wherever_a_training_is_asked_for()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        var data = (await service.PostAsync("/v1/datasets?format=trl-standard", Rows, "application/x-ndjson")).ShouldBe(201).Id;
        var set = (await service.PostAsync("/v1/instruction-sets?name=s", """{"prompt":"a"}""", "application/x-ndjson")).ShouldBe(201).Id;
        var quantised = await RegisterAsync(service, path => TinyGguf.Write(path, weights: GgufTensorType.Find(8)));
        var odd = await RegisterAsync(service, path => TinyGguf.Write(path, weights: GgufTensorType.Find(10)));
        var bare = await RegisterAsync(
            service, path => File.WriteAllBytes(path, TinyFamily.Published.First(f => f.Architecture == "gemma2").Build(new(1)).ToBytes()));
        foreach (var (model, options, field, recipeField, said) in new[]
        {
            (bare, "{}", "model", "actor", "the architecture 'gemma2' cannot be trained"),
            (quantised, "{}", "model", "actor", "is Q8_0; only F32, F16 and BF16 can be trained whole"),
            (odd, """{"lora":{}}""", "model", "actor", "is Q2_K; training reads F32, F16, BF16, Q4_0"),
            (quantised, """{"lora":{"target_modules":["attn_qkv"]}}""", "options.lora.target_modules",
                "recipe.train.actor.lora.target_modules",
                "names 'attn_qkv', which cannot have an adapter"),
        })
        {
            (await TrainAsync(model, options)).ShouldBeProblem(422, "invalid-training-run", field).Saying(said)
                .Text.ShouldNotContain(service.Models);
            var recipe = new JsonObject
            {
                ["train"] = new JsonObject
                {
                    ["actor"] = JsonNode.Parse(options),
                    ["refiner"] = JsonNode.Parse("""{"lora":{"target_modules":["attn_q"]}}"""),
                },
            };
            if (model != bare && model != odd)
                (await RunAsync(model, recipe)).ShouldBeProblem(422, "invalid-run", recipeField).Saying(said);
        }

        (await service.GetAsync("/v1/training-runs"))["data"].AsArray().ShouldBeEmpty();
        (await service.GetAsync("/v1/runs"))["data"].AsArray().ShouldBeEmpty();
        (await TrainAsync(quantised, """{"lora":{"target_modules":["attn_q"]}}""")).ShouldBe(201);

        Task<Answer> TrainAsync(string model, string options) => service.PostAsync(
            "/v1/training-runs",
            $$$"""{"method":"dpo","model":"{{{model}}}","dataset":{"upload":"{{{data}}}"},"options":{{{options}}}}""");
        Task<Answer> RunAsync(string model, JsonNode recipe) => service.PostAsync(
            "/v1/runs", new JsonObject { ["instruction_set"] = set, ["actor"] = model, ["recipe"] = recipe.DeepClone() });
    }

    [Theory]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("chatglm")]
    [InlineData("glm4 biased")]
    [InlineData("gemma3")]
    public async Task Every_architecture_of_the_trainer_is_taken(string family)
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        var folder = Directory.CreateTempSubdirectory("spar-family-");
        var model = await RegisterAsync(service, path => File.Move(TinyFamilies.Write(folder, family), path), "chatml");
        folder.Delete(recursive: true);
        var data = (await service.PostAsync("/v1/datasets?format=trl-standard", Rows, "application/x-ndjson")).ShouldBe(201).Id;

        (await service.PostAsync(
            "/v1/training-runs", new JsonObject
            {
                ["method"] = "dpo",
                ["model"] = model,
                ["dataset"] = new JsonObject { ["upload"] = data },
            })).ShouldBe(201);
    }

    [Fact]
    public async Task A_model_whose_file_is_gone_is_refused_by_its_name_in_the_folder()
    {
        await using var service = await TrainingService.StartAsync(postgres);
        File.Delete(Path.Combine(service.Models, "tiny.gguf"));

        (await service.PostAsync("""{"method":"dpo","model":"MODEL","dataset":{"upload":"DATASET"}}"""))
            .ShouldBeProblem(422, "invalid-training-run", "model").Saying("tiny.gguf: cannot be read");
    }

    private static async Task<string> RegisterAsync(HttpService service, Action<string> write, string? template = null)
    {
        var name = $"{Ids.New("mdl", TimeProvider.System)}.gguf";
        write(Path.Combine(service.Models, name));
        return (await service.PostAsync("/v1/models", new JsonObject { ["path"] = name, ["template"] = template })).ShouldBe(201).Id;
    }
}
