using System.Collections.Immutable;
using SPaR.Integration.Tests.Llama.Processes;
using static SPaR.Integration.Tests.Llama.Engines;

namespace SPaR.Integration.Tests.Llama;

/// <summary>Several adapters on one base.</summary>
[Collection(ProcessEngines.OneAtATime)]
public sealed class AdapterInferenceTests
{
    private static readonly string[] Prompts = ["write about the sea", "write about the forest", "the wolf", "slowly slowly", "Yes No Yes"];

    private static readonly ModelFile Actor = TinyModel.File with { Adapter = TinyAdapter.Write("actor-adapter.gguf", 1) };

    private static readonly ModelFile Refiner = TinyModel.File with { Adapter = TinyAdapter.Write("refiner-adapter.gguf", 2) };

    [Fact]
    public async Task Actor_and_refiner_as_adapters_on_one_base_each_say_at_once_what_they_say_alone()
    {
        var alone = new[] { await AloneAsync(TinyModel.File), await AloneAsync(Actor), await AloneAsync(Refiner) };
        await using var engine = ProcessEngines.Create();
        await using var plain = await engine.LoadAsync(TinyModel.File, default);
        await using var actor = await engine.LoadAsync(Actor, default);
        await using var refiner = await engine.LoadAsync(Refiner, default);

        var together = await Task.WhenAll(new[] { plain, actor, refiner }.Select(AskAsync));

        for (var i = 0; i < Prompts.Length; i++)
        {
            together[0][i].ShouldBe(alone[0][i], Prompts[i]);
            together[1][i].ShouldBe(alone[1][i], Prompts[i]);
            together[2][i].ShouldBe(alone[2][i], Prompts[i]);
        }
        Same(alone[0], alone[1]).ShouldBeFalse("the actor's adapter does something");
        Same(alone[0], alone[2]).ShouldBeFalse("the refiner's adapter does something");
        Same(alone[1], alone[2]).ShouldBeFalse("they are two adapters");
    }

    [Theory]
    [InlineData("not-gguf")]
    [InlineData("not-an-adapter", "holds 'model'", "model")]
    [InlineData("not-an-adapter", "the kind 'ia3'", "adapter", "llama", "ia3")]
    [InlineData("adapter-mismatch", "'qwen2'", "adapter", "qwen2")]
    [InlineData("adapter-mismatch", "[48, 4] and [4, 32] for the matrix 'blk.0.attn_q.weight', which has [32, 32]", "adapter", "llama",
        "lora", 48)]
    [InlineData("adapter-mismatch", "'blk.0.attn_qkv.weight', which the base does not have", "adapter", "llama", "lora", 32, "attn_qkv")]
    [InlineData("not-an-adapter", "blk.0.attn_q.weight.lora_c", "adapter", "llama", "lora", 32, "attn_q", "lora_c")]
    public async Task A_file_that_is_not_an_adapter_of_the_base_is_refused_with_the_reason(
        string code, string reason = "GGUF", string type = "adapter", string architecture = "llama", string form = "lora", int input = 32,
        string target = "attn_q", string side = "lora_a")
    {
        var adapter = TinyAdapter.Write("refused-adapter.gguf", TinyAdapter.Metadata(type, architecture, form), 1, input, target, side);
        if (code == "not-gguf")
            await File.WriteAllTextAsync(adapter.Path, "{}");
        await using var engine = Create();

        var e = await Should.ThrowAsync<ModelRejectedException>(engine.LoadAsync(TinyModel.File with { Adapter = adapter }, default));

        e.Code.ShouldBe(code);
        e.Message.ShouldContain(reason);
        e.Message.ShouldStartWith(adapter.Path);
        await using var usable = await engine.LoadAsync(Actor, default);
        (await AskAsync(usable)).Length.ShouldBe(Prompts.Length);
    }

    private static async Task<ImmutableArray<int>[]> AloneAsync(ModelFile file)
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(file, default);
        return await AskAsync(model);
    }

    private static async Task<ImmutableArray<int>[]> AskAsync(ITextModel model)
    {
        var results = await Task.WhenAll(Prompts.Select(p => model.GenerateAsync(Request(p, Greedy, 1), default)));
        return [.. results.Select(r => r.Samples[0].Tokens)];
    }

    private static bool Same(ImmutableArray<int>[] a, ImmutableArray<int>[] b) => a.Zip(b).All(p => p.First.SequenceEqual(p.Second));
}
