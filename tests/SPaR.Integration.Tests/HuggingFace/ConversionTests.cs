using System.Text.Json.Nodes;
using SPaR.Gguf;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Llama;
using SPaR.MicroWorld;
using SPaR.Tests.HuggingFace;

namespace SPaR.Integration.Tests.HuggingFace;

/// <summary>Conversions over HTTP, with the real engine and the micro-world's model.</summary>
public sealed class ConversionTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_model_is_exported_imported_and_quantised_with_its_perplexity_before_and_after()
    {
        await using var engine = Engines.Create(sequences: 8, batch: 128);
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync(), engine);
        File.Copy(MicroModel.Path, Path.Combine(service.Models, "micro.gguf"));
        var model = (await service.PostAsync("/v1/models", """{"path":"micro.gguf"}""")).ShouldBe(201).Id;

        var exported = await ConvertAsync(service, new() { ["kind"] = "export", ["model"] = model });
        exported["result"].ShouldBeNull();
        var folder = exported["path"]!.GetValue<string>();
        File.Exists(Path.Combine(service.Models, folder, "config.json")).ShouldBeTrue();

        var imported = await ConvertAsync(service, new() { ["kind"] = "import", ["source"] = folder, ["name"] = "back" });
        var back = (await service.GetAsync($"/v1/models/{imported["result"]}")).ShouldBe(200);
        (back["name"].GetValue<string>(), back["conversion"].GetValue<string>()).ShouldBe(("back", $"{imported["id"]}"));
        Tensors(Path.Combine(service.Models, $"{imported["path"]}")).ShouldBe(Tensors(MicroModel.Path));

        var quantised = await ConvertAsync(service, await QuantisationAsync(service, model));
        var perplexity = quantised["perplexity"]!;
        var (before, after) = (perplexity["before"]!.GetValue<double>(), perplexity["after"]!.GetValue<double>());
        perplexity["replies"]!.GetValue<int>().ShouldBe(6);
        before.ShouldBeGreaterThan(1);
        (after / before).ShouldBe(1, 0.05);
        perplexity["change"]!.GetValue<double>().ShouldBe(after / before - 1, 1e-9);
        var small = (await service.GetAsync($"/v1/models/{quantised["result"]}")).ShouldBe(200);
        small["file_type"].GetValue<string>().ShouldBe("Q8_0");
        small["bytes"].GetValue<long>().ShouldBeLessThan(new FileInfo(MicroModel.Path).Length / 2);
        (await service.DeleteAsync($"/v1/conversions/{quantised["id"]}")).ShouldBe(204);
        File.Exists(Path.Combine(service.Models, $"{quantised["path"]}")).ShouldBeTrue("the model stays");
        (await service.DeleteAsync($"/v1/conversions/{exported["id"]}?file=true")).ShouldBe(204);
        Directory.Exists(Path.Combine(service.Models, folder)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_running_conversion_can_be_cancelled_and_what_it_made_is_removed()
    {
        await using var engine = new HeldEngine(Engines.Create(sequences: 8, batch: 128));
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync(), engine);
        File.Copy(MicroModel.Path, Path.Combine(service.Models, "micro.gguf"));
        var model = (await service.PostAsync("/v1/models", """{"path":"micro.gguf"}""")).ShouldBe(201).Id;
        var results = Path.Combine(service.Models, "converted");

        var id = (await service.PostAsync("/v1/conversions", await QuantisationAsync(service, model))).ShouldBe(201).Id;
        // The file is complete, and its perplexity is about to be measured.
        await engine.Asked.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        File.Exists(Path.Combine(results, $"{id}.gguf")).ShouldBeTrue();
        (await service.PostAsync($"/v1/conversions/{id}/cancel")).ShouldBe(200);
        var ended = await EndAsync(service, id);
        engine.Release();

        ended["status"]!.GetValue<string>().ShouldBe("cancelled");
        Directory.EnumerateFileSystemEntries(results).ShouldBeEmpty();
        (await service.GetAsync("/v1/models")).ShouldBe(200)["data"].AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_failed_conversion_says_why_leaves_no_file_and_can_be_retried_when_the_cause_is_gone()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync(), new ScriptedModel());
        using var folder = TinyFolder.Of("qwen2").Write();
        var source = Directory.CreateDirectory(Path.Combine(service.Models, "hf")).FullName;
        foreach (var file in Directory.GetFiles(folder.Path))
            File.Copy(file, Path.Combine(source, Path.GetFileName(file)));
        File.Move(Path.Combine(source, "tokenizer.json"), Path.Combine(source, "later.json"));

        var id = (await service.PostAsync("/v1/conversions", new JsonObject { ["kind"] = "import", ["source"] = "hf" })).ShouldBe(201).Id;
        var failed = await EndAsync(service, id);
        (failed["status"]!.GetValue<string>(), failed["failure"]!["code"]!.GetValue<string>()).ShouldBe(("failed", "not-found"));
        var message = failed["failure"]!["message"]!.GetValue<string>();
        message.ShouldStartWith("hf/tokenizer.json");
        message.ShouldNotContain(service.Models);
        Directory.GetFileSystemEntries(Path.Combine(service.Models, "converted")).ShouldBeEmpty();

        File.Move(Path.Combine(source, "later.json"), Path.Combine(source, "tokenizer.json"));
        (await service.PostAsync($"/v1/conversions/{id}/retry")).ShouldBe(200);
        (await EndAsync(service, id))["status"]!.GetValue<string>().ShouldBe("succeeded");
        (await service.PostAsync($"/v1/conversions/{id}/retry")).ShouldBe(409);
        (await service.PostAsync($"/v1/conversions/{id}/cancel")).ShouldBe(409);
        (await service.GetAsync("/v1/conversions")).ShouldBe(200)["data"].AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_conversion_that_waits_can_be_cancelled_and_deleted()
    {
        // Without a worker.
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        Directory.CreateDirectory(Path.Combine(service.Models, "hf"));
        var id = (await service.PostAsync("/v1/conversions", """{"kind":"import","source":"hf"}""")).ShouldBe(201).Id;
        (await service.DeleteAsync($"/v1/conversions/{id}")).ShouldBe(409);
        (await service.PostAsync($"/v1/conversions/{id}/cancel")).ShouldBe(200)["status"].GetValue<string>().ShouldBe("cancelled");
        (await service.DeleteAsync($"/v1/conversions/{id}")).ShouldBe(204);
    }

    [Theory]
    [InlineData("""{"kind":"translate"}""", "kind")]
    [InlineData("""{"kind":"import"}""", "source")]
    [InlineData("""{"kind":"export"}""", "model")]
    [InlineData("""{"kind":"export","model":"mdl_none"}""", "model")]
    [InlineData("""{"kind":"quantise","model":"mdl_none","file_type":"Q3"}""", "file_type")]
    [InlineData("""{"kind":"import","source":"hf","file_type":"Q8_0"}""", "file_type")]
    [InlineData("""{"kind":"import","source":"hf","template":"none"}""", "template")]
    [InlineData("""{"kind":"quantise","model":"mdl_none","file_type":"Q8_0","dataset":"ds_none"}""", "dataset")]
    [InlineData("""{"kind":"import","source":"../hf"}""", "outside-models-folder")]
    [InlineData("""{"kind":"import","source":"/etc"}""", "outside-models-folder")]
    [InlineData("""{"kind":"import","source":"linked"}""", "outside-models-folder")]
    [InlineData("""{"kind":"import","source":"none"}""", "model-not-found")]
    public async Task A_request_that_cannot_be_done_is_refused_by_field(string body, string named)
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        Directory.CreateDirectory(Path.Combine(service.Models, "hf"));
        File.CreateSymbolicLink(
            Path.Combine(Directory.CreateDirectory(Path.Combine(service.Models, "linked")).FullName, "config.json"), "/etc/passwd");
        (await service.PostAsync("/v1/conversions", body)).ShouldBe(422).Text.ShouldContain(named);
    }

    /// <returns>A request to quantise a model and to measure both on six replies.</returns>
    private static async Task<JsonObject> QuantisationAsync(HttpService service, string model)
    {
        var dataset = (await service.PostAsync(
            "/v1/datasets?name=replies",
            string.Concat(Enumerable.Range(0, 6).Select(i => new JsonObject
            {
                ["messages"] = new JsonArray(
                    new JsonObject { ["role"] = "user", ["content"] = "write about forest ; include wolf ;" },
                    new JsonObject { ["role"] = "assistant", ["content"] = "the wolf in the forest" }),
            }.ToJsonString() + "\n")), "application/x-ndjson")).ShouldBe(201).Id;
        return new() { ["kind"] = "quantise", ["model"] = model, ["file_type"] = "Q8_0", ["dataset"] = dataset };
    }

    private static async Task<JsonNode> ConvertAsync(HttpService service, JsonObject request)
    {
        var ended = await EndAsync(service, (await service.PostAsync("/v1/conversions", request)).ShouldBe(201).Id);
        ended["status"]!.GetValue<string>().ShouldBe("succeeded", ended.ToJsonString());
        ended["progress"]!.GetValue<double>().ShouldBe(1);
        return ended;
    }

    private static async Task<JsonNode> EndAsync(HttpService service, string id)
    {
        JsonNode? now = null;
        await Wait.UntilAsync(
            async () =>
            {
                now = (await service.GetAsync($"/v1/conversions/{id}")).ShouldBe(200).Json;
                return now["status"]!.GetValue<string>() is "succeeded" or "failed" or "cancelled";
            },
            awaited: $"the end of {id}");
        return now!;
    }

    private static IEnumerable<(string Name, string Bytes)> Tensors(string path)
    {
        var file = GgufReader.Read(path);
        var bytes = File.ReadAllBytes(path);
        return [.. file.Tensors.OrderBy(t => t.Name, StringComparer.Ordinal)
            .Select(t => (t.Name, Convert.ToHexString(bytes.AsSpan((int)(file.DataOffset + t.Offset), (int)t.Bytes))))];
    }

    /// <summary>Loads no model until it is released.</summary>
    private sealed class HeldEngine(ITextEngine engine) : ITextEngine
    {
        private readonly TaskCompletionSource _asked = new(), _released = new();

        public Task Asked => _asked.Task;

        public void Release() => _released.TrySetResult();

        public async Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken)
        {
            _asked.TrySetResult();
            await _released.Task.WaitAsync(cancellationToken);
            return await engine.LoadAsync(file, cancellationToken);
        }

        public ValueTask DisposeAsync() => engine.DisposeAsync();
    }
}
