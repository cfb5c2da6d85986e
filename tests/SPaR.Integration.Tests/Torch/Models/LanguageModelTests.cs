using SPaR.Gguf;
using SPaR.MicroWorld;
using SPaR.Torch.Models;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>The trainer's model against llama.cpp on the same files.</summary>
[Collection(TorchCollection.Name)]
public sealed class LanguageModelTests : IDisposable
{
    private static readonly Dictionary<string, string> NoLineage = [];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar models ");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("plain", 1e-3)]
    [InlineData("gqa", 1e-3)]
    [InlineData("tied", 1e-3)]
    [InlineData("linear", 1e-3)]
    // A factor without a type, which llama.cpp takes for linear scaling: the trainer did not scale.
    [InlineData("untyped", 1e-3)]
    [InlineData("factors", 1e-3)]
    // llama.cpp rounds what it multiplies with such weights to their type; the trainer computes in F32.
    [InlineData("f16", 2e-2)]
    [InlineData("bf16", 2e-1)]
    public void Its_log_probabilities_are_those_of_llama_cpp(string variant, double tolerance) =>
        Agree(Write(variant), Agreement.Tokens(257), tolerance);

    [Fact]
    public void The_micro_model_has_the_log_probabilities_of_llama_cpp() => Agree(MicroModel.Path, Agreement.Tokens(257, 400));

    [Fact]
    public void A_saved_model_is_one_that_llama_cpp_loads_with_the_new_weights_and_the_lineage()
    {
        var source = Write("gqa");
        var path = Path.Combine(_folder.FullName, "saved.gguf");
        var tokens = Agreement.Tokens(33);
        using (var model = LanguageModel.Load(source, "f32", null, 0))
        {
            Agreement.Nudge(model);
            model.Save(path, new Dictionary<string, string> { ["spar.parent.sha256"] = "abc" });
        }

        GgufReader.Read(path).Metadata["spar.parent.sha256"].ShouldBe("abc");
        Agree(path, tokens);
        Agreement.Difference(Agreement.Theirs(source, tokens), Agreement.Theirs(path, tokens)).ShouldBeGreaterThan(0.01f);
    }

    [Fact]
    public void An_adapter_and_the_merged_model_give_the_same_logits_in_llama_cpp()
    {
        var source = Write("gqa");
        var (adapter, merged) = (Path.Combine(_folder.FullName, "adapter.gguf"), Path.Combine(_folder.FullName, "merged.gguf"));
        var tokens = Agreement.Tokens(65);
        float[] ours;
        using (var model = LanguageModel.Load(source, "f32", new LoraOptions { R = 4, LoraAlpha = 8 }, 3))
        {
            Agreement.Nudge(model);
            ours = Agreement.Ours(model, tokens);
            model.SaveAdapter(adapter, new Dictionary<string, string> { ["spar.parent.sha256"] = "abc" });
            model.SaveMerged(merged, NoLineage);
            using (model.WithoutAdapter())
                Agreement.Difference(Agreement.Ours(model, tokens), ours).ShouldBeGreaterThan(0.01f, "the reference is the base");
        }

        var file = GgufReader.Read(adapter);
        file.Metadata["spar.parent.sha256"].ShouldBe("abc");
        file.Metadata["general.base_model.0.name"].ShouldBe("tiny");
        Agreement.Difference(ours, Agreement.Theirs(source, tokens, adapter)).ShouldBeLessThan(1e-3f);
        Agreement.Difference(ours, Agreement.Theirs(merged, tokens)).ShouldBeLessThan(1e-3f);
    }

    [Fact]
    public void A_quantised_tensor_is_refused_by_name()
    {
        var path = Write("q8_0");
        var rejection = Should.Throw<ModelRejectedException>(() => LanguageModel.Load(path, "f32", null, 0));
        rejection.Code.ShouldBe("unsupported-quantisation");
        rejection.Message.ShouldStartWith($"{path}: the tensor 'output.weight' is Q8_0");
    }

    [Fact]
    public void A_model_that_is_refused_leaves_no_tensor_behind()
    {
        var path = Write("plain");
        var before = Tensor.TotalCount;

        Should.Throw<ModelRejectedException>(
            () => LanguageModel.Load(path, "f32", new LoraOptions { TargetModules = ["attn_qkv"] }, 0)).Code
            .ShouldBe("no-lora-target");
        Tensor.TotalCount.ShouldBe(before);
    }

    private static void Agree(string path, int[] tokens, double tolerance = 1e-3)
    {
        using var model = LanguageModel.Load(path, "f32", null, 0);
        Agreement.Difference(Agreement.Ours(model, tokens), Agreement.Theirs(path, tokens)).ShouldBeLessThan((float)tolerance);
    }

    private string Write(string variant) => TinyLlama.Write(Path.Combine(_folder.FullName, $"{variant}.gguf"), variant);
}
