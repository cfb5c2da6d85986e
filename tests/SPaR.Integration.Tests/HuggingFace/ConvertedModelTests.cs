using SPaR.HuggingFace;
using SPaR.HuggingFace.Safetensors;
using SPaR.Integration.Tests.Torch.Models;
using SPaR.Llama.Inspection;
using SPaR.Tests.HuggingFace;
using SPaR.Torch.Models;

namespace SPaR.Integration.Tests.HuggingFace;

/// <summary>What an import writes, in llama.cpp and in the trainer.</summary>
[Collection(Torch.TorchCollection.Name)]
public sealed class ConvertedModelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spar-converted-").FullName;

    [Theory]
    [InlineData("llama")]
    [InlineData("mistral")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("chatglm")]
    [InlineData("glm")]
    [InlineData("glm4")]
    [InlineData("gemma3")]
    public void An_imported_model_passes_the_inspector_and_loads_in_llama_cpp(string family)
    {
        using var folder = TinyFolder.Of(family, SafetensorsType.F32).Write();
        HuggingFaceImport.Run(folder.Path, folder.Gguf);

        var described = new GgufInspector().Inspect(folder.Gguf, "chatml");
        (described.ContextLength, described.VocabularySize).ShouldBe((256, folder.Rows));
        var logits = Agreement.Theirs(folder.Gguf, Agreement.Tokens(40));
        logits.ShouldAllBe(l => float.IsFinite(l));
        logits.Distinct().Count().ShouldBeGreaterThan(30);
    }

    [Fact]
    public void An_imported_Llama_has_the_trainers_log_probabilities_in_llama_cpp()
    {
        using var folder = TinyFolder.Of("llama", SafetensorsType.F32).Write();
        HuggingFaceImport.Run(folder.Path, folder.Gguf);
        var tokens = Agreement.Tokens(100);
        using var model = LanguageModel.Load(folder.Gguf, "f32", null, 1);
        Agreement.Difference(Agreement.Ours(model, tokens), Agreement.Theirs(folder.Gguf, tokens)).ShouldBeLessThan(1e-3f);
    }

    [Fact]
    public void A_model_that_was_exported_and_imported_again_has_its_log_probabilities_bit_for_bit()
    {
        var (source, back) = (TinyLlama.Write(Path.Combine(_folder, "source.gguf"), "gqa"), Path.Combine(_folder, "back.gguf"));
        HuggingFaceExport.Run(source, Path.Combine(_folder, "exported"));
        HuggingFaceImport.Run(Path.Combine(_folder, "exported"), back);
        var tokens = Agreement.Tokens(100);
        Agreement.Theirs(back, tokens).ShouldBe(Agreement.Theirs(source, tokens));
    }

    [Fact]
    public void A_trained_adapter_that_went_through_PEFT_has_its_log_probabilities_bit_for_bit()
    {
        var (source, adapter, back) = (
            TinyLlama.Write(Path.Combine(_folder, "source.gguf"), "gqa"), Path.Combine(_folder, "adapter.gguf"),
            Path.Combine(_folder, "back.gguf"));
        using (var model = LanguageModel.Load(
            source, "f32", new LoraOptions { R = 2, LoraAlpha = 8, TargetModules = ["attn_q", "attn_k", "attn_v", "ffn_up"] }, 3))
        {
            Agreement.Nudge(model);
            model.SaveAdapter(adapter, new Dictionary<string, string>());
        }
        PeftExport.Run(adapter, source, Path.Combine(_folder, "peft"));
        PeftImport.Run(Path.Combine(_folder, "peft"), source, back);

        new GgufInspector().InspectAdapter(back, source).FileType.ShouldBe("F32");
        var tokens = Agreement.Tokens(65);
        Agreement.Theirs(source, tokens, back).ShouldBe(Agreement.Theirs(source, tokens, adapter));
        Agreement.Difference(Agreement.Theirs(source, tokens, back), Agreement.Theirs(source, tokens)).ShouldBeGreaterThan(5e-3f);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
