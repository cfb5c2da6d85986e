using System.Security.Cryptography;

namespace SPaR.Integration.Tests.Http;

public sealed class ModelTests(PostgresFixture postgres) : IAsyncLifetime
{
    private HttpService _service = null!;

    public async ValueTask InitializeAsync()
    {
        _service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        TinyGguf.Write(PathOf("tiny.gguf"));
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task A_file_is_registered_once_with_what_it_holds_and_its_hash()
    {
        var first = (await Register("tiny.gguf")).ShouldBe(201);

        first["name"].GetValue<string>().ShouldBe("tiny");
        first["architecture"].GetValue<string>().ShouldBe("llama");
        first["context_length"].GetValue<int>().ShouldBe(512);
        first["vocabulary_size"].GetValue<int>().ShouldBe(2);
        first["parameters"].GetValue<int>().ShouldBe(504);
        first["sha256"].GetValue<string>()
            .ShouldBe(Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(PathOf("tiny.gguf")))));
        (await Register("./tiny.gguf")).ShouldBe(200).Id.ShouldBe(first.Id);
        (await _service.GetAsync($"/v1/models/{first.Id}")).ShouldBe(200)["path"].GetValue<string>().ShouldBe("tiny.gguf");
        (await _service.GetAsync("/v1/models"))["data"].AsArray().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_changed_file_is_another_model()
    {
        var first = await Register("tiny.gguf");
        TinyGguf.Write(PathOf("tiny.gguf"), template: "<|im_start|>changed<|im_end|>");

        (await Register("tiny.gguf")).ShouldBe(201).Id.ShouldNotBe(first.Id);
    }

    [Fact]
    public async Task A_model_that_no_run_uses_is_forgotten()
    {
        var model = await Register("tiny.gguf");

        (await _service.DeleteAsync($"/v1/models/{model.Id}")).ShouldBe(204);
        (await _service.GetAsync($"/v1/models/{model.Id}")).ShouldBeProblem(404, "not-found");
        (await _service.DeleteAsync($"/v1/models/{model.Id}")).ShouldBeProblem(404, "not-found");
        File.Exists(PathOf("tiny.gguf")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("../tiny.gguf", "outside-models-folder")]
    [InlineData("/etc/passwd", "outside-models-folder")]
    [InlineData("none.gguf", "model-not-found")]
    [InlineData("", "model-not-found")]
    public async Task A_path_outside_the_folder_or_to_nothing_is_refused(string path, string code) =>
        (await Register(path)).ShouldBeProblem(422, code, "path");

    [Fact]
    public async Task A_link_out_of_the_folder_is_refused()
    {
        var outside = Path.GetTempFileName();
        TinyGguf.Write(outside);
        File.CreateSymbolicLink(PathOf("link.gguf"), outside);

        (await Register("link.gguf")).ShouldBeProblem(422, "outside-models-folder", "path");
        File.Delete(outside);
    }

    [Fact]
    public async Task A_truncated_file_is_refused()
    {
        var bytes = await File.ReadAllBytesAsync(PathOf("tiny.gguf"));
        await File.WriteAllBytesAsync(PathOf("cut.gguf"), bytes[..^100]);

        (await Register("cut.gguf")).ShouldBeProblem(422, "truncated", "path");
    }

    [Fact]
    public async Task A_file_that_is_not_gguf_is_refused()
    {
        await File.WriteAllTextAsync(PathOf("text.gguf"), "This is no model, only some text that is long enough.");

        (await Register("text.gguf")).ShouldBeProblem(422, "not-gguf", "path");
    }

    [Fact]
    public async Task An_unknown_architecture_is_refused_by_name()
    {
        TinyGguf.Write(PathOf("new.gguf"), architecture: "novel");

        (await Register("new.gguf")).ShouldBeProblem(422, "unknown-architecture", "path").Saying("novel");
    }

    [Fact]
    public async Task An_unknown_template_in_the_file_is_refused()
    {
        TinyGguf.Write(PathOf("odd.gguf"), template: "{{ odd }}");

        (await Register("odd.gguf")).ShouldBeProblem(422, "unknown-template", "template");
    }

    [Fact]
    public async Task An_unknown_template_is_refused_by_name_and_a_known_one_taken()
    {
        (await _service.PostAsync("/v1/models", """{"path":"tiny.gguf","template":"nonsense"}"""))
            .ShouldBeProblem(422, "unknown-template", "template").Saying("nonsense");
        var templates = (await _service.GetAsync("/v1/templates"))["templates"].AsArray();

        templates.ShouldNotBeEmpty();
        (await _service.PostAsync("/v1/models", $$"""{"path":"tiny.gguf","template":"{{templates[0]}}"}"""))
            .ShouldBe(201)["template"].GetValue<string>().ShouldBe(templates[0]!.GetValue<string>());
    }

    [Fact]
    public async Task An_adapter_on_a_registered_base_is_a_model_with_the_bases_context_and_template()
    {
        var plain = await Register("tiny.gguf");
        TinyGguf.WriteAdapter(PathOf("mine-adapter.gguf"));

        var model = (await RegisterOn("mine-adapter.gguf", plain.Id)).ShouldBe(201);

        (model["name"].GetValue<string>(), model["base"].GetValue<string>()).ShouldBe(("mine-adapter", plain.Id));
        plain.Json["base"].ShouldBeNull();
        foreach (var field in new[] { "architecture", "context_length", "vocabulary_size", "template" })
            model[field].ToJsonString().ShouldBe(plain[field].ToJsonString());
        model["parameters"].GetValue<int>().ShouldBe(10);
        model["sha256"].GetValue<string>().ShouldBe(
            Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(PathOf("mine-adapter.gguf")))));
        (await RegisterOn("mine-adapter.gguf", plain.Id)).ShouldBe(200).Id.ShouldBe(model.Id);
        (await _service.DeleteAsync($"/v1/models/{plain.Id}")).ShouldBeProblem(409, "model-in-use").Saying(model.Id);
        (await _service.DeleteAsync($"/v1/models/{model.Id}")).ShouldBe(204);
        (await _service.DeleteAsync($"/v1/models/{plain.Id}")).ShouldBe(204);
    }

    [Fact]
    public async Task An_adapter_is_refused_with_the_field_at_fault()
    {
        var plain = await Register("tiny.gguf");
        TinyGguf.WriteAdapter(PathOf("mine.gguf"));
        TinyGguf.WriteAdapter(PathOf("wider.gguf"), width: 16);
        TinyGguf.WriteAdapter(PathOf("other.gguf"), architecture: "qwen3");
        var adapter = await RegisterOn("mine.gguf", plain.Id);

        (await RegisterOn("mine.gguf", "mdl_none")).ShouldBeProblem(422, "invalid-base", "base").Saying("'mdl_none'");
        (await RegisterOn("mine.gguf", adapter.Id)).ShouldBeProblem(422, "invalid-base", "base")
            .Saying($"'{plain.Id}'");
        (await RegisterOn("wider.gguf", plain.Id)).ShouldBeProblem(422, "adapter-mismatch", "base").Saying("[1, 16]");
        (await RegisterOn("other.gguf", plain.Id)).ShouldBeProblem(422, "adapter-mismatch", "base").Saying("'qwen3'");
        (await RegisterOn("tiny.gguf", plain.Id)).ShouldBeProblem(422, "not-an-adapter", "path");
        (await Register("mine.gguf")).ShouldBeProblem(422, "malformed", "path").Saying("base");
        File.Delete(PathOf("tiny.gguf"));
        (await RegisterOn("mine.gguf", plain.Id)).ShouldBeProblem(422, "invalid-base", "base");
    }

    [Theory]
    [InlineData("{}", "body")]
    [InlineData("""{"path":"tiny.gguf","nam":"x"}""", "nam")]
    [InlineData("""{"path":7}""", "path")]
    [InlineData("""{"path":null}""", "path")]
    [InlineData("[", "body")]
    public async Task A_body_of_another_form_is_refused(string body, string field) =>
        (await _service.PostAsync("/v1/models", body)).ShouldBeProblem(400, "invalid-json", field);

    private Task<Answer> Register(string path) => _service.PostAsync("/v1/models", $$"""{"path":"{{path}}"}""");

    private Task<Answer> RegisterOn(string path, string under) =>
        _service.PostAsync("/v1/models", $$"""{"path":"{{path}}","base":"{{under}}"}""");

    private string PathOf(string name) => Path.Combine(_service.Models, name);
}
