using SPaR.Gguf;
using SPaR.Llama.Inspection;
using SPaR.Tests.Gguf;

namespace SPaR.Tests.Llama;

public sealed class GgufInspectorTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();
    private readonly GgufInspector _inspector = new();

    [Fact]
    public void A_model_is_described()
    {
        var d = Inspect(GgufBytes.Valid());
        d.ShouldBe(new ModelDescription("llama", "tiny", 12, 128, 3, "F32", "chatml"));
    }

    [Fact]
    public void An_unknown_architecture_is_refused_with_the_known_ones() =>
        Rejected(GgufBytes.Valid("mamba"), "unknown-architecture").ShouldContain("qwen2");

    [Fact]
    public void An_unknown_template_is_refused_with_the_known_names() =>
        Rejected(GgufBytes.Valid(template: "{{ messages }}"), "unknown-template").ShouldContain(
            "chatml");

    [Fact]
    public void A_file_without_a_template_can_be_given_one()
    {
        Rejected(GgufBytes.Valid(template: null), "unknown-template").ShouldContain("has no chat template");
        Inspect(GgufBytes.Valid(template: null), "gemma").Template.ShouldBe("gemma");
    }

    [Fact]
    public void A_template_that_is_named_must_be_known()
    {
        File.WriteAllBytes(_path, GgufBytes.Valid());
        Should.Throw<ModelRejectedException>(() => _inspector.Inspect(_path, "mine")).Message.ShouldContain("'mine'");
    }

    [Theory]
    [InlineData("general.type", "adapter", "holds 'adapter'")]
    [InlineData("llama.context_length", "many", "llama.context_length that is not")]
    public void A_value_that_cannot_be_is_refused(string key, string value, string reason) =>
        Rejected(With(w => w.Add(key, value)), "malformed").ShouldContain(reason);

    [Fact]
    public void A_part_of_a_split_model_is_refused() =>
        Rejected(With(w => w.Add("split.count", 2u)), "malformed").ShouldContain("Merge the parts");

    public void Dispose() => File.Delete(_path);

    /// <summary>A file without a context length, unless the test adds one.</summary>
    private static byte[] With(Func<GgufWriter, GgufWriter> add)
    {
        var writer = add(new GgufWriter()
            .Add("general.architecture", "llama")
            .Add("llama.embedding_length", 4u)
            .Add("llama.block_count", 1u)
            .Add("llama.attention.head_count", 1u)
            .Add("tokenizer.ggml.tokens", ["a"])
            .Add("weights", new float[4], 4));
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }

    private string Rejected(byte[] bytes, string code)
    {
        var e = Should.Throw<ModelRejectedException>(() => Inspect(bytes));
        e.Code.ShouldBe(code);
        return e.Message;
    }

    private ModelDescription Inspect(byte[] bytes, string? template = null)
    {
        File.WriteAllBytes(_path, bytes);
        return _inspector.Inspect(_path, template);
    }
}
