using SPaR.Gguf;
using SPaR.Llama.Memory;

namespace SPaR.Tests.Llama;

/// <summary>If the GPU takes the last layers, only the rest is counted.</summary>
public sealed class MemoryPlanTests : IDisposable
{
    private const int Width = 8, Inner = 16, Words = 32, Layers = 4, F32 = 4, F16 = 2;

    private static readonly ContextShape Shape = new(Cells: 256, Sequences: 4, BatchTokens: 16);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar plan ");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Without_a_graphics_processor_all_is_here()
    {
        var plan = MemoryPlan.Of(Model(), null, Shape);

        plan.Weights.ShouldBe(F32 * (Words * Width + Layers * Layer + Words * Width));
        plan.Cells.ShouldBe(256 * Layers * 2 * Width * F16);
    }

    [Theory]
    [InlineData(1, Layers)]
    [InlineData(3, 2)]
    public void What_turns_the_result_into_logits_goes_first_and_then_the_last_layers(int gpuLayers, int here)
    {
        var plan = MemoryPlan.Of(Model(), null, Shape, gpuLayers);

        plan.Weights.ShouldBe(F32 * (Words * Width + here * Layer));
        plan.Cells.ShouldBe(256 * here * 2 * Width * F16);
        plan.Compute.ShouldBe(MemoryPlan.Of(Model(), null, Shape).Compute);
    }

    [Theory]
    [InlineData(Layers + 1)]
    [InlineData(int.MaxValue)]
    public void Of_a_model_that_is_whole_on_it_what_looks_tokens_up_stays_and_what_goes_in_and_out(int gpuLayers)
    {
        var whole = MemoryPlan.Of(Model(), Adapter(), Shape);

        var plan = MemoryPlan.Of(Model(), Adapter(), Shape, gpuLayers);

        (plan.Weights, plan.Adapter, plan.Cells, plan.Outputs).ShouldBe((F32 * Words * Width, 0, 0, whole.Outputs));
        plan.Compute.ShouldBeInRange(1, whole.Compute);
        whole.Adapter.ShouldBePositive();
    }

    [Fact]
    public void Models_on_one_file_hold_its_mapped_weights_once()
    {
        static LoadedModel Loaded(string path, long mapped) => new(new(path, "", ""), new(100, 0, 10, 0, 0), mapped);
        LoadedModel[] loaded = [Loaded("a", 100), Loaded("a", 100), Loaded("b", 100), Loaded("repacked", 30)];

        LoadedModel.HeldByOthers(new("c", "", ""), loaded).ShouldBe(new(300, 0, 40, 0, 0));
        LoadedModel.HeldByOthers(new("a", "", ""), loaded).ShouldBe(new(200, 0, 40, 0, 0), "the next model's plan has the weights");
        LoadedModel.HeldByOthers(new("repacked", "", ""), loaded).ShouldBe(new(270, 0, 40, 0, 0), "what is repacked is a copy");
    }

    private static int Layer => 4 * Width * Width + 3 * Width * Inner;

    private GgufFile Model()
    {
        var writer = Add(Add(new GgufWriter().Add("general.architecture", "llama"), "token_embd", Width, Words), "output", Width, Words);
        for (var layer = 0; layer < Layers; layer++)
        {
            foreach (var part in new[] { "attn_q", "attn_k", "attn_v", "attn_output" })
                Add(writer, $"blk.{layer}.{part}", Width, Width);
            Add(writer, $"blk.{layer}.ffn_gate", Width, Inner);
            Add(writer, $"blk.{layer}.ffn_up", Width, Inner);
            Add(writer, $"blk.{layer}.ffn_down", Inner, Width);
        }
        return Read(writer, "model.gguf");
    }

    private GgufFile Adapter() => Read(
        new GgufWriter().Add("general.architecture", "llama")
            .Add("blk.3.attn_q.weight.lora_a", new float[Width], Width, 1).Add("blk.3.attn_q.weight.lora_b", new float[Width], 1, Width),
        "adapter.gguf");

    private GgufFile Read(GgufWriter writer, string name)
    {
        var path = Path.Combine(_folder.FullName, name);
        using (var stream = File.Create(path))
            writer.Write(stream);
        return GgufReader.Read(path);
    }

    private static GgufWriter Add(GgufWriter writer, string name, int input, int output) =>
        writer.Add($"{name}.weight", new float[input * output], input, output);
}
