using System.Globalization;
using System.Text.RegularExpressions;
using SPaR.Gguf;
using SPaR.Integration.Tests.Torch.Models;
using SPaR.Llama.Inspection;
using SPaR.Llama.Memory;
using SPaR.Llama.Models;
using SPaR.MicroWorld;

namespace SPaR.Integration.Tests.Llama;

/// <summary>The memory that a model takes, compared with its plan; and the refusal of a model that does not fit.</summary>
public sealed partial class MemoryTests : IDisposable
{
    private const long Mebi = 1 << 20;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar memory ");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("tiny", 8, 64, 4096)]
    [InlineData("tiny", 64, 512, 32768)]
    [InlineData("adapter", 8, 256, 2048)]
    [InlineData("micro", 64, 512, null)]
    [InlineData("micro", 200, 256, 1024)]
    [InlineData("grouped", 16, 128, 1024)]
    [InlineData("wide", 64, 512, 8192)]
    [InlineData("wide", 256, 512, 2048)]
    public async Task What_a_model_takes_is_within_a_tenth_of_its_plan(string shape, int sequences, int batch, int? cells)
    {
        var log = new LogLines();
        await using var model = LlamaModel.Load(
            FileOf(shape), new() { Threads = 1, Sequences = sequences, BatchTokens = batch, Cells = cells }, log);

        var metrics = Figure().Matches(log.Single("Memory of ").Split("in MiB:")[1])
            .Select(m => (What: m.Groups[1].Value, Planned: Number(m.Groups[2]), Used: Number(m.Groups[3]))).ToArray();
        metrics.Length.ShouldBe(5);
        foreach (var (what, planned, used) in metrics)
            // llama.cpp logs hundredths of a mebibyte.
            planned.ShouldBe(used, Math.Max(0.1 * used, 0.02), what);
        metrics.Sum(f => f.Planned).ShouldBe(metrics.Sum(f => f.Used), 0.1 * metrics.Sum(f => f.Used));
        metrics.Single(f => f.What == "KV cells").Used.ShouldBePositive();
        metrics.Single(f => f.What == "computing").Used.ShouldBePositive();
        (metrics.Single(f => f.What == "adapter").Used > 0).ShouldBe(shape == "adapter");
        ((double)model.MappedBytes).ShouldBe(model.Plan.Weights, 0.1 * model.Plan.Weights + 0.02 * Mebi, "F16 and F32 are not repacked");
    }

    [Fact]
    public void A_model_that_does_not_fit_is_refused_with_the_figures_before_it_is_loaded()
    {
        var log = new LogLines();
        var e = Should.Throw<ModelRejectedException>(
            () => LlamaModel.Load(TinyModel.File, new() { Threads = 1, MemoryBytes = 8 * Mebi }, log));

        e.Code.ShouldBe("too-large");
        var needed = (PlanOf(new LlamaOptions()).Total / (double)Mebi).ToString("0.#", CultureInfo.InvariantCulture);
        e.Message.ShouldStartWith($"{TinyModel.File.Path}: needs {needed} MiB of memory (weights 0.1 MiB, adapter 0 MiB");
        e.Message.ShouldContain("KV cells 8 MiB");
        e.Message.ShouldContain("; Llama:MemoryBytes leaves 8 MiB. Lower Llama:Cells, Llama:ContextTokens, Llama:Sequences or");
        log.Count("Loaded ").ShouldBe(0);
    }

    [Fact]
    public void A_model_that_fits_alone_but_not_next_to_others_is_not_rejected_for_good()
    {
        var options = new LlamaOptions { Threads = 1, Sequences = 8, BatchTokens = 64, Cells = 2048 };
        var plan = PlanOf(options);
        options.MemoryBytes = plan.Total * 3 / 2;

        var e = Should.Throw<NoRoomException>(() => LlamaModel.Load(TinyModel.File, options, new LogLines(), others: plan));

        e.Message.ShouldContain("next to the ");
    }

    /// <summary>The plan of the tiny model, whose context is 512 tokens.</summary>
    private static MemoryPlan PlanOf(LlamaOptions options) => MemoryPlan.Of(
        GgufReader.Read(TinyModel.File.Path), null, options.ShapeOf(512));

    private ModelFile FileOf(string shape) => shape switch
    {
        "tiny" => TinyModel.File,
        "adapter" => TinyModel.File with { Adapter = TinyAdapter.Write("memory-adapter.gguf", 3, rank: 64) },
        "micro" => new(MicroModel.Path, "", new GgufInspector().Inspect(MicroModel.Path, null).Template),
        "grouped" => new(TinyLlama.Write(Path.Combine(_folder.FullName, "gqa.gguf"), "gqa"), "", "mistral-v7"),
        _ => Wide(),
    };

    /// <summary>87 million weights of zero, F16: a twelfth of Llama 3.2 1B, with the vocabulary of Llama 2.</summary>
    private ModelFile Wide()
    {
        const int Width = 768, Inner = 2048, Layers = 10, Vocabulary = 32000;
        var writer = new GgufWriter().Add("general.architecture", "llama").Add("llama.context_length", 4096u)
            .Add("llama.embedding_length", (uint)Width).Add("llama.block_count", (uint)Layers).Add("llama.feed_forward_length", (uint)Inner)
            .Add("llama.attention.head_count", 12u).Add("llama.attention.head_count_kv", 12u)
            .Add("llama.attention.layer_norm_rms_epsilon", 1e-5f).Add("llama.rope.dimension_count", 64u)
            .Add("tokenizer.ggml.model", "gpt2").Add("tokenizer.ggml.pre", "llama-bpe")
            .Add("tokenizer.ggml.tokens", [.. Enumerable.Range(0, Vocabulary).Select(i => i.ToString("x", CultureInfo.InvariantCulture))])
            .Add("tokenizer.ggml.merges", ["1 1"]).Add("tokenizer.ggml.bos_token_id", 1u).Add("tokenizer.ggml.eos_token_id", 2u);
        Add("token_embd", Width, Vocabulary);
        writer.Add("output_norm.weight", new float[Width], Width);
        for (var layer = 0; layer < Layers; layer++)
        {
            foreach (var part in new[] { "attn_q", "attn_k", "attn_v", "attn_output" })
                Add($"blk.{layer}.{part}", Width, Width);
            Add($"blk.{layer}.ffn_gate", Width, Inner);
            Add($"blk.{layer}.ffn_up", Width, Inner);
            Add($"blk.{layer}.ffn_down", Inner, Width);
            writer.Add($"blk.{layer}.attn_norm.weight", new float[Width], Width)
                .Add($"blk.{layer}.ffn_norm.weight", new float[Width], Width);
        }
        var path = Path.Combine(_folder.FullName, "wide.gguf");
        using var stream = File.Create(path);
        writer.Write(stream);
        return new(path, "", "chatml");

        void Add(string name, int input, int output) => writer.Add(
            $"{name}.weight", GgufTensorType.F16, [input, output], bytes => bytes.Write(new byte[input * output * 2]));
    }

    private static double Number(Group group) => double.Parse(group.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"([A-Za-z][A-Za-z ]*) ([\d.]+) ([\d.]+)")]
    private static partial Regex Figure();
}
