using SPaR.Abstractions;
using SPaR.Gguf;
using SPaR.Integration.Tests.Torch.Binding;
using SPaR.MicroWorld;
using SPaR.Torch;
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
        Agree(Write(variant), Tokens(257, 60), tolerance);

    [Fact]
    public void The_micro_model_has_the_log_probabilities_of_llama_cpp() => Agree(MicroModel.Path, Tokens(257, 400));

    [Fact]
    public void A_saved_model_is_one_that_llama_cpp_loads_with_the_new_weights_and_the_lineage()
    {
        var source = Write("gqa");
        var path = Path.Combine(_folder.FullName, "saved.gguf");
        var tokens = Tokens(33, 60);
        using (var model = LanguageModel.Load(source, "f32", null, 0))
        {
            Nudge(model);
            model.Save(path, new Dictionary<string, string> { ["spar.parent.sha256"] = "abc" });
        }

        GgufReader.Read(path).Metadata["spar.parent.sha256"].ShouldBe("abc");
        Agree(path, tokens);
        Difference(ReferenceLogits.Of(source, tokens), ReferenceLogits.Of(path, tokens)).ShouldBeGreaterThan(0.01);
    }

    [Fact]
    public void An_adapter_and_the_merged_model_give_the_same_logits_in_llama_cpp()
    {
        var source = Write("gqa");
        var (adapter, merged) = (Path.Combine(_folder.FullName, "adapter.gguf"), Path.Combine(_folder.FullName, "merged.gguf"));
        var tokens = Tokens(65, 60);
        float[] ours;
        using (var model = LanguageModel.Load(source, "f32", new LoraOptions { Rank = 4, Alpha = 8 }, 3))
        {
            Nudge(model);
            ours = LogProbs(model, tokens);
            model.SaveAdapter(adapter);
            model.SaveMerged(merged, NoLineage);
            using (model.WithoutAdapter())
                Difference(LogProbs(model, tokens), ours).ShouldBeGreaterThan(0.01, "the reference is the base");
        }

        Difference(ours, OfLlama(source, tokens, adapter)).ShouldBeLessThan(1e-3);
        Difference(ours, OfLlama(merged, tokens)).ShouldBeLessThan(1e-3);
    }

    [Fact]
    public void A_quantised_tensor_is_refused_by_name()
    {
        var path = Write("q8_0");
        Should.Throw<ModelRejectedException>(() => LanguageModel.Load(path, "f32", null, 0)).Message
            .ShouldBe($"{path}: the tensor 'output.weight' is Q8_0, which cannot be trained. Supported: F32, F16, BF16.");
    }

    /// <summary>Moves every leaf a little, as training would.</summary>
    private static void Nudge(LanguageModel model)
    {
        using var scope = NewDisposeScope();
        manual_seed(8);
        foreach (var leaf in model.Trainable.Values)
            leaf.add_(randn(leaf.shape, leaf.dtype) * 0.05);
    }

    private static void Agree(string path, int[] tokens, double tolerance = 1e-3)
    {
        using var model = LanguageModel.Load(path, "f32", null, 0);
        Difference(LogProbs(model, tokens), OfLlama(path, tokens)).ShouldBeLessThan(tolerance);
    }

    private static float[] LogProbs(LanguageModel model, int[] tokens)
    {
        using var scope = NewDisposeScope();
        return model.LogProbs(Passage.All(tensor(tokens.Select(t => (long)t).ToArray(), [1, tokens.Length], ScalarType.Int64)))
            .data<float>().ToArray();
    }

    private static float[] OfLlama(string path, int[] tokens, string? adapter = null) =>
        [.. ReferenceLogits.Of(path, tokens[..^1], adapter).Select((logits, i) => (float)(logits[tokens[i + 1]] - LogSum(logits)))];

    private static double LogSum(float[] logits)
    {
        double top = logits.Max();
        return top + Math.Log(logits.Sum(l => Math.Exp(l - top)));
    }

    private static double Difference(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();

    private static double Difference(float[][] a, float[][] b) => a.Zip(b, Difference).Max();

    private static int[] Tokens(int count, int below)
    {
        var dice = new Dice(17);
        return [.. Enumerable.Range(0, count).Select(i => i == 0 ? 1 : dice.Below(below))];
    }

    private string Write(string variant) => TinyLlama.Write(Path.Combine(_folder.FullName, $"{variant}.gguf"), variant);
}
