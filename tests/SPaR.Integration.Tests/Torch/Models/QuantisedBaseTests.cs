using System.Security.Cryptography;
using SPaR.Gguf;
using SPaR.Gguf.Blocks;
using SPaR.Torch.Models;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>Adapters on quantised bases: what they compute and train is what the same numbers in F32 give, and llama.cpp agrees.</summary>
[Collection(TorchCollection.Name)]
public sealed class QuantisedBaseTests : IDisposable
{
    private static readonly Dictionary<string, string> NoLineage = [];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar quantised ");

    public void Dispose() => _folder.Delete(recursive: true);

    public static TheoryData<string> Types() => [.. QuantisedBlocks.Types];

    [Theory]
    [MemberData(nameof(Types))]
    public void An_adapter_on_quantised_weights_has_the_trainers_log_probabilities_in_llama_cpp(string type)
    {
        var (source, wide, adapter) = (Write(type), At("wide.gguf"), At("adapter.gguf"));
        QuantisedFile.Widen(source, wide);
        var tokens = Agreement.Tokens(65);
        using var model = Load(source);
        using var exact = Load(wide);
        Agreement.Difference(Agreement.Ours(model, tokens), Agreement.Ours(exact, tokens)).ShouldBeLessThan(1e-5f, "the same numbers");
        Agreement.Nudge(model);
        var ours = Agreement.Ours(model, tokens);

        model.SaveAdapter(adapter, NoLineage);

        Agreement.Difference(ours, Agreement.Theirs(wide, tokens, adapter)).ShouldBeLessThan(1e-3f, "on the same numbers in F32");
        var without = Agreement.Theirs(source, tokens);
        var theirs = Agreement.Theirs(source, tokens, adapter);
        // llama.cpp rounds what it multiplies with such weights to 8 bits; the trainer computes in F32.
        Mean(ours, theirs).ShouldBeLessThan(0.25 * Mean(ours, without), "the adapter does far more than the rounding");
    }

    [Theory]
    [InlineData("Q8_0", "broad", false, "f32")]
    [InlineData("Q4_K", "broad", true, "f32")]
    [InlineData("Q6_K", "broad tied", true, "f32")]
    [InlineData("Q4_0", "broad tied", false, "bf16")]
    public void Gradients_are_those_of_the_same_numbers_in_full(string type, string variant, bool checkpointing, string precision)
    {
        var (source, wide) = (Write(type, variant), At("wide.gguf"));
        QuantisedFile.Widen(source, wide);
        using var model = Load(source, precision);
        using var exact = Load(wide, precision);
        // Several chunks of the vocabulary, with a rest.
        model.Chunk = 7 * 40;

        var (ours, theirs) = (Gradient(model, checkpointing), Gradient(exact, checkpointing));

        foreach (var (name, gradient) in theirs)
            Math.Sqrt(ours[name].Zip(gradient, (a, b) => Math.Pow(a - b, 2)).Sum() / gradient.Sum(g => Math.Pow(g, 2)))
                .ShouldBeLessThan(precision == "f32" ? 1e-5 : 3e-2, name);
    }

    [Fact]
    public void Training_leaves_the_mapped_file_as_it_is_and_holds_no_weight_that_must_be_converted()
    {
        var source = Write("Q4_K");
        var before = SHA256.HashData(File.ReadAllBytes(source));
        using (var model = Load(source))
        {
            Gradient(model, checkpointing: false);
            Agreement.Nudge(model);
            model.SaveAdapter(At("adapter.gguf"), NoLineage);
        }

        SHA256.HashData(File.ReadAllBytes(source)).ShouldBe(before);
        using var weights = ModelWeights.Frozen(source, GgufReader.Read(source), ScalarType.Float32, CPU);
        weights.Held.Keys.ShouldAllBe(name => name.EndsWith("norm.weight"));
    }

    [Fact]
    public void A_merged_model_has_f16_where_the_withoutis_quantised_and_the_nearest_numbers()
    {
        var (source, merged) = (Write("Q4_K"), At("merged.gguf"));
        var file = GgufReader.Read(source);
        var tokens = Agreement.Tokens(65);
        using var model = Load(source);
        Agreement.Nudge(model);

        model.SaveMerged(merged, NoLineage);

        var written = GgufReader.Read(merged);
        written.Metadata["general.file_type"].ShouldBe(1L, "mostly F16");
        written.Metadata.ShouldNotContainKey("general.quantization_version");
        foreach (var tensor in written.Tensors)
        {
            tensor.Type.Name.ShouldBe(tensor.Dimensions.Length == 1 ? "F32" : "F16", tensor.Name);
            StoredNumbers.Of(merged, tensor.Name).ShouldBe(
                Merged(model, QuantisedFile.Numbers(source, file, file.Tensors.Single(t => t.Name == tensor.Name)), tensor.Name)
                    .Select(x => StoredNumbers.Rounded(x, tensor.Type)), tensor.Name);
        }
        using var again = LanguageModel.Load(merged, "f32", null, 0);
        StoredNumbers.Widen(merged, At("wide.gguf"));
        Agreement.Difference(Agreement.Ours(again, tokens), Agreement.Theirs(At("wide.gguf"), tokens)).ShouldBeLessThan(1e-3f);
        Agreement.Difference(Agreement.Ours(again, tokens), Agreement.Ours(model, tokens)).ShouldBeLessThan(2e-2f);
    }

    [Fact]
    public void Quantised_weights_are_refused_for_full_training_and_a_type_that_cannot_be_read_always()
    {
        var whole = Should.Throw<ModelRejectedException>(() => LanguageModel.Load(Write("Q4_K"), "f32", null, 0));
        whole.Code.ShouldBe("unsupported-quantisation");
        whole.Message.ShouldContain("'token_embd.weight' is Q4_K");
        whole.Message.ShouldContain("lora");

        var unread = Should.Throw<ModelRejectedException>(() => Load(Write("Q2_K")));
        unread.Code.ShouldBe("unsupported-quantisation");
        unread.Message.ShouldContain("is Q2_K");
    }

    /// <summary>W + (alpha / rank) B A, in the trainer's own precision.</summary>
    private static float[] Merged(LanguageModel model, float[] weight, string name)
    {
        if (!model.Trainable.TryGetValue($"{name}.lora_a", out var a))
            return weight;
        using var scope = NewDisposeScope();
        var product = matmul(model.Trainable[$"{name}.lora_b"], a) * 2;
        return [.. weight.Zip(product.data<float>().ToArray(), (w, d) => w + d)];
    }

    private static Dictionary<string, float[]> Gradient(LanguageModel model, bool checkpointing)
    {
        using var scope = NewDisposeScope();
        Agreement.Nudge(model);
        using var gradients = new Gradients(model.Trainable);
        var tokens = tensor(Agreement.Tokens(40).Select(t => (long)t).ToArray(), [2, 20], ScalarType.Int64);
        model.Accumulate(
            PackedSequences.All(tokens), logProbs => -logProbs.to_type(ScalarType.Float64).mean(), gradients, checkpointing, 1);
        return model.Trainable.Keys.ToDictionary(name => name, name => gradients.Of(name)!.data<float>().ToArray());
    }

    private static double Mean(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Average();

    private static LanguageModel Load(string source, string precision = "f32") =>
        LanguageModel.Load(source, precision, new LoraOptions { R = 4, LoraAlpha = 8 }, 3);

    private string At(string name) => Path.Combine(_folder.FullName, name);

    private string Write(string type, string variant = "broad") => QuantisedFile.Write(
        At($"{type}.gguf"), TinyLlama.Write(At($"{variant}.gguf"), variant), _ => QuantisedFile.Type(type));
}
