using SPaR.Integration.Tests.Llama;
using SPaR.Llama.Inspection;
using SPaR.MicroWorld;
using SPaR.Torch.Models;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>An adapter that the trainer wrote, in the engine.</summary>
[Collection(TorchCollection.Name)]
public sealed class AdapterGenerationTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar adapters ");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_base_with_an_adapter_says_what_the_model_with_the_adapter_merged_in_says()
    {
        var (adapter, merged) = (Path.Combine(_folder.FullName, "adapter.gguf"), Path.Combine(_folder.FullName, "merged.gguf"));
        var options = new LoraOptions { R = 4, LoraAlpha = 8, TargetModules = ["attn_q", "attn_v", "ffn_up", "ffn_down"] };
        using (var trained = LanguageModel.Load(MicroModel.Path, "f32", options, 3))
        {
            Agreement.Nudge(trained);
            trained.SaveAdapter(adapter, new Dictionary<string, string>());
            trained.SaveMerged(merged, new Dictionary<string, string>());
        }
        var plain = new ModelFile(MicroModel.Path, "", new GgufInspector().Inspect(MicroModel.Path, null).Template);

        var with = await SayAsync(plain with { Adapter = new(adapter, "") });

        with.ShouldBe(await SayAsync(plain with { Path = merged }));
        with.ShouldNotBe(await SayAsync(plain));
    }

    private static async Task<string[]> SayAsync(ModelFile file)
    {
        await using var engine = Engines.Create();
        await using var model = await engine.LoadAsync(file, default);
        var said = await Task.WhenAll(new[] { "forest", "lake", "mirror", "owl" }.Select(word => model.GenerateAsync(
            Engines.Request($"write about {word} ; include wolf ;", Engines.Greedy with { MaxTokens = 24 }, 1), default)));
        return [.. said.Select(s => s.Samples[0].Text)];
    }
}
