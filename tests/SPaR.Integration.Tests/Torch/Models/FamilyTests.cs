using System.Collections.Immutable;
using SPaR.Gguf;
using SPaR.Llama.Inspection;
using SPaR.MicroWorld;
using SPaR.Torch.Families;
using SPaR.Torch.Models;
using SPaR.Torch.Optimisers;
using SPaR.Torch.Training;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>What every family that can be trained promises, in each form of its files.</summary>
[Collection(TorchCollection.Name)]
public sealed class FamilyTests : IDisposable
{
    private static readonly Dictionary<string, string> NoLineage = [];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar families ");

    public void Dispose() => _folder.Delete(recursive: true);

    public static TheoryData<string> Forms => [.. TinyFamilies.All.Select(f => f.Name)];

    /// <summary>Deeper ones take minutes.</summary>
    public static TheoryData<string> ShallowForms => [.. TinyFamilies.All.Where(f => f.Layers < 10).Select(f => f.Name)];

    public static TheoryData<string> Families => [.. ModelFamilies.All.Select(f => f.Architecture)];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_logit_is_that_of_llama_cpp_and_so_is_the_likeliest_token(string form)
    {
        var path = TinyFamilies.Write(_folder, form);
        var tokens = Agreement.Tokens(256);

        var (ours, theirs) = (FullLogits.Of(path, tokens), ReferenceLogits.Of(path, tokens));

        for (var position = 0; position < 256; position++)
        {
            ours[position].Zip(theirs[position], (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThanOrEqualTo(
                Tolerance(form), $"position {position}");
            Likeliest(ours[position]).ShouldBe(Likeliest(theirs[position]), $"position {position}");
        }
        theirs.Select(Likeliest).Distinct().Count().ShouldBeGreaterThan(10, "a model that always says the same would agree with any");
    }

    [Theory]
    [MemberData(nameof(ShallowForms))]
    public void Gradients_of_all_weights_are_the_slopes_of_the_loss(string form)
    {
        using var scope = NewDisposeScope();
        using var model = Load(form, null, "f64");
        Slopes.ShouldBeTheGradients(model, TokenBatch.Of(Pairs(3)).Sequences, checkpointing: false);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Gradients_of_adapters_are_the_slopes_of_the_loss(string family)
    {
        using var scope = NewDisposeScope();
        using var model = Load(family, new LoraOptions { R = 2, LoraDropout = 0.3 }, "f64");
        Slopes.ShouldBeTheGradients(model, TokenBatch.Of(Pairs(3)).Sequences, checkpointing: true);
    }

    [Theory]
    [MemberData(nameof(ShallowForms))]
    public void Checkpointing_does_not_change_the_gradients(string form)
    {
        using var scope = NewDisposeScope();
        using var model = Load(form, null, "f64");
        var sequences = TokenBatch.Of(Pairs(3)).Sequences;

        var (kept, recomputed) = (Gradient(checkpointing: false), Gradient(checkpointing: true));

        recomputed.Zip(kept, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(1e-11);

        double[] Gradient(bool checkpointing)
        {
            using var gradients = new Gradients(model.Trainable);
            model.Accumulate(sequences, p => -p.mean(), gradients, checkpointing, seed: 1);
            return [.. model.Trainable.Keys.SelectMany(n => gradients.Of(n)!.data<double>().ToArray())];
        }
    }

    [Theory]
    [MemberData(nameof(ShallowForms))]
    public void Completions_of_a_shared_prompt_have_the_log_probabilities_of_whole_sequences(string form)
    {
        using var scope = NewDisposeScope();
        using var model = Load(form, null, "f64");
        // Longer than the windows of local layers.
        var pairs = Pairs(3, length: 15);
        var together = TokenBatch.Of(pairs);

        var sums = together.Sums(model.LogProbs(together.Sequences)).data<double>().ToArray();

        for (var i = 0; i < pairs.Length; i++)
            for (var side = 0; side < 2; side++)
            {
                var alone = TokenBatch.Of([new Example("alone", [pairs[i].Sides[side]])]);
                alone.Sums(model.LogProbs(alone.Sequences)).item<double>().ShouldBe(sums[side * pairs.Length + i], 1e-9);
            }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Full_training_lowers_the_loss_and_llama_cpp_computes_what_it_wrote(string family)
    {
        var saved = Path.Combine(_folder.FullName, "saved.gguf");
        var tokens = Agreement.Tokens(65);
        using var model = LanguageModel.Load(TinyFamilies.Write(_folder, family), "f32", null, 0);

        Train(model, rate: 1e-3);
        model.Save(saved, NoLineage);

        Agreement.Difference(Agreement.Ours(model, tokens), Agreement.Theirs(saved, tokens)).ShouldBeLessThan(Tolerance(family));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Training_an_adapter_lowers_the_loss_and_llama_cpp_computes_what_it_wrote(string family)
    {
        var (source, adapter) = (TinyFamilies.Write(_folder, family), Path.Combine(_folder.FullName, "adapter.gguf"));
        var merged = Path.Combine(_folder.FullName, "merged.gguf");
        var tokens = Agreement.Tokens(65);
        using var model = LanguageModel.Load(source, "f32", new LoraOptions { R = 4 }, 0);

        Train(model, rate: 1e-2);
        model.SaveAdapter(adapter, NoLineage);
        model.SaveMerged(merged, NoLineage);

        AdapterInspector.Read(adapter, source, GgufReader.Read(source)).Metadata["general.architecture"].ShouldBe(family);
        var ours = Agreement.Ours(model, tokens);
        Agreement.Difference(ours, Agreement.Theirs(source, tokens, adapter)).ShouldBeLessThan(Tolerance(family));
        Agreement.Difference(ours, Agreement.Theirs(merged, tokens)).ShouldBeLessThan(Tolerance(family));
        Agreement.Difference(ours, Agreement.Theirs(source, tokens)).ShouldBeGreaterThan(0.1f, "the adapter does something");
    }

    [Theory]
    [InlineData("llama", "attn_q, attn_k, attn_v, attn_output, ffn_gate, ffn_up, ffn_down")]
    [InlineData("qwen2", "attn_q, attn_k, attn_v, attn_output, ffn_gate, ffn_up, ffn_down")]
    [InlineData("chatglm", "attn_qkv, attn_output, ffn_up, ffn_down")]
    [InlineData("chatglm separate", "attn_q, attn_k, attn_v, attn_output, ffn_up, ffn_down")]
    [InlineData("glm4", "attn_q, attn_k, attn_v, ffn_up")]
    public void An_adapter_changes_all_matrices_that_it_can_unless_some_are_named(string form, string matrices)
    {
        var path = TinyFamilies.Write(_folder, form);
        using (var model = LanguageModel.Load(path, "f32", new LoraOptions { R = 1 }, 0))
            model.Trainable.Keys.Where(n => n.EndsWith("_a", StringComparison.Ordinal)).ShouldBe(
                from layer in Enumerable.Range(0, model.Config.Layers)
                from matrix in matrices.Split(", ")
                select $"blk.{layer}.{matrix}.weight.lora_a", ignoreOrder: true);
        using (var model = LanguageModel.Load(path, "f32", new LoraOptions { R = 1, TargetModules = ["ffn_up"] }, 0))
            model.Trainable.Keys.ShouldAllBe(n => n.Contains("ffn_up"));

        string[] absent = [.. LoraOptions.AllTargets.Except(matrices.Split(", "))];
        absent.ShouldNotBeEmpty();
        foreach (var target in absent)
        {
            var rejection = Should.Throw<ModelRejectedException>(
                () => LanguageModel.Load(path, "f32", new LoraOptions { TargetModules = ["ffn_up", target] }, 0));
            rejection.Code.ShouldBe("no-lora-target");
            rejection.Message.ShouldContain($"'{target}'");
            rejection.Message.ShouldContain(matrices);
        }
    }

    [Fact]
    public void An_architecture_without_a_family_is_refused_with_those_that_have_one()
    {
        var path = Path.Combine(_folder.FullName, "other.gguf");
        using (var stream = File.Create(path))
            new GgufWriter().Add("general.architecture", "mamba").Write(stream);

        var rejection = Should.Throw<ModelRejectedException>(() => LanguageModel.Load(path, "f32", null, 0));

        rejection.Code.ShouldBe("unknown-architecture");
        rejection.Message.ShouldContain("'mamba'");
        rejection.Message.ShouldContain("llama, qwen2, qwen3, chatglm, glm4, gemma3");
    }

    private static void Train(LanguageModel model, double rate)
    {
        using var scope = NewDisposeScope();
        var batch = TokenBatch.Of(Pairs(4));
        var state = new Dictionary<string, Tensor>();
        var optimiser = new AdamW(0.9, 0.999, 0);
        using var gradients = new Gradients(model.Trainable);
        var losses = new List<double>();
        for (var step = 1; step <= 8; step++)
        {
            gradients.Clear();
            model.Accumulate(batch.Sequences, Loss, gradients, checkpointing: false, step);
            using (no_grad())
                optimiser.Update(model.Trainable, gradients, 1, state, rate, step);
        }
        foreach (var tensor in state.Values)
            tensor.Dispose();
        losses[^1].ShouldBeLessThan(0.9 * losses[0]);

        Tensor Loss(Tensor logProbs)
        {
            var loss = -logProbs.mean();
            losses.Add(loss.item<float>());
            return loss;
        }
    }

    // llama.cpp looks GELU up in a table of F16 numbers, an error that grows with every layer.
    private static float Tolerance(string form) => form.StartsWith("gemma", StringComparison.Ordinal) ? 2e-2f : 1e-3f;

    private static int Likeliest(float[] logits) => Array.IndexOf(logits, logits.Max());

    private LanguageModel Load(string form, LoraOptions? lora, string precision)
    {
        var model = LanguageModel.Load(TinyFamilies.Write(_folder, form), precision, lora, 3);
        if (lora is not null)
            // B is zero at first, and so would be the gradient of A.
            foreach (var adapter in model.Trainable.Values)
                adapter.add_(randn(adapter.shape, adapter.dtype), 0.05);
        return model;
    }

    private static ImmutableArray<Example> Pairs(int count, int length = 4) =>
        [.. Enumerable.Range(0, count).Select(i => new Example($"pair {i}",
            [
                TokenSequence.Of(Tokens(length + i, i), Tokens(length + i % 3, 50 + i)),
                TokenSequence.Of(Tokens(length + i, i), Tokens(length + 2 - i % 4, 70 + i)),
            ]))];

    private static ImmutableArray<int> Tokens(int count, int seed)
    {
        var random = new MicroRandom((ulong)seed + 1);
        return [.. Enumerable.Range(0, count).Select(_ => random.Below(60))];
    }
}
