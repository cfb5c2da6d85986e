using SPaR.Gguf;
using SPaR.Torch.Models;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>Adapters in llama.cpp's format: on their base, on a base with other metadata, and merged.</summary>
[Collection(TorchCollection.Name)]
public sealed class AdapterTests : IDisposable
{
    private static readonly Dictionary<string, string> NoLineage = [];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar adapters ");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1, 0.5, "attn_q")]
    [InlineData(1, 16, "attn_q,attn_v")]
    [InlineData(3, 16, "ffn_down,attn_output")]
    [InlineData(8, 4, "attn_k,ffn_gate,ffn_up")]
    public void An_adapter_of_some_targets_has_the_trainers_log_probabilities_in_llama_cpp(int rank, double alpha, string targets)
    {
        string[] names = targets.Split(',');
        var (source, adapter) = (Write("gqa"), At("adapter.gguf"));
        var tokens = Agreement.Tokens(65);
        using var model = Load(source, rank, alpha, names);
        Agreement.Nudge(model);
        var ours = Agreement.Ours(model, tokens);

        model.SaveAdapter(adapter, new Dictionary<string, string>());

        Agreement.Difference(ours, Agreement.Theirs(source, tokens, adapter)).ShouldBeLessThan(1e-3f);
        Agreement.Difference(ours, Agreement.Theirs(source, tokens)).ShouldBeGreaterThan(5e-3f, "the adapter does something");
        GgufReader.Read(adapter).Tensors.Select(t => t.Name).Order(StringComparer.Ordinal).ShouldBe(
            from layer in new[] { 0, 1 }
            from name in names.Order(StringComparer.Ordinal)
            from side in new[] { "a", "b" }
            select $"blk.{layer}.{name}.weight.lora_{side}");
    }

    [Fact]
    public void An_adapter_works_on_a_base_of_the_same_weights_that_gives_another_context()
    {
        var (source, longer, adapter) = (Write("gqa"), TinyLlama.Write(At("longer.gguf"), "gqa", contextLength: 4096), At("adapter.gguf"));
        var tokens = Agreement.Tokens(65);
        using var model = Load(source, 2, 8, ["attn_q", "ffn_up"]);
        Agreement.Nudge(model);

        model.SaveAdapter(adapter, new Dictionary<string, string>());

        Agreement.Difference(Agreement.Ours(model, tokens), Agreement.Theirs(longer, tokens, adapter)).ShouldBeLessThan(1e-3f);
    }

    [Theory]
    // llama.cpp rounds what it multiplies with such weights to their type; the trainer computes in F32.
    [InlineData("f16", 2e-2)]
    [InlineData("bf16", 2e-1)]
    public void An_adapter_over_a_base_of_half_the_width_agrees_and_merges_to_the_nearest_numbers(string variant, double rounding)
    {
        var (source, adapter, merged) = (Write(variant), At("adapter.gguf"), At("merged.gguf"));
        var (wideSource, wideMerged) = (At("wide source.gguf"), At("wide merged.gguf"));
        var tokens = Agreement.Tokens(65);
        using var model = Load(source, 4, 8, ["attn_q", "attn_v", "ffn_down"]);
        Agreement.Nudge(model);
        var ours = Agreement.Ours(model, tokens);

        model.SaveAdapter(adapter, new Dictionary<string, string>());
        model.SaveMerged(merged, NoLineage);

        StoredNumbers.Widen(source, wideSource);
        Agreement.Difference(ours, Agreement.Theirs(wideSource, tokens, adapter)).ShouldBeLessThan(1e-3f, "on the same numbers in F32");
        Agreement.Difference(ours, Agreement.Theirs(source, tokens, adapter)).ShouldBeLessThan((float)rounding);
        Agreement.Difference(ours, Agreement.Theirs(merged, tokens)).ShouldBeLessThan((float)rounding);
        foreach (var tensor in GgufReader.Read(merged).Tensors)
        {
            var stored = StoredNumbers.Of(merged, tensor.Name);
            stored.ShouldBe(Merged(model, source, tensor).Select(x => StoredNumbers.Rounded(x, tensor.Type)), tensor.Name);
        }
        StoredNumbers.Widen(merged, wideMerged);
        using var again = LanguageModel.Load(merged, "f32", null, 0);
        Agreement.Difference(Agreement.Ours(again, tokens), Agreement.Theirs(wideMerged, tokens)).ShouldBeLessThan(1e-3f);
    }

    /// <summary>W + (alpha / rank) B A, in the trainer's own precision.</summary>
    private static float[] Merged(LanguageModel model, string source, GgufTensor tensor)
    {
        var weight = StoredNumbers.Of(source, tensor.Name);
        if (!model.Trainable.TryGetValue($"{tensor.Name}.lora_a", out var a))
            return weight;
        using var scope = NewDisposeScope();
        using var still = no_grad();
        var product = matmul(model.Trainable[$"{tensor.Name}.lora_b"], a) * 2;
        return [.. weight.Zip(product.data<float>().ToArray(), (w, d) => w + d)];
    }

    private static LanguageModel Load(string source, int rank, double alpha, string[] targets) =>
        LanguageModel.Load(source, "f32", new LoraOptions { R = rank, LoraAlpha = alpha, TargetModules = [.. targets] }, 3);

    private string At(string name) => Path.Combine(_folder.FullName, name);

    private string Write(string variant) => TinyLlama.Write(At($"{variant}.gguf"), variant);
}
