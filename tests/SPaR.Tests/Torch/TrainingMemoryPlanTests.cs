using System.Collections.Immutable;
using SPaR.Gguf;
using SPaR.Torch;
using SPaR.Torch.Models;
using SPaR.Torch.Training;

namespace SPaR.Tests.Torch;

/// <summary>The memory plan of Llama 3 8B and what is done with it. Integration tests compare plans with processes.</summary>
public sealed class TrainingMemoryPlanTests
{
    private const long Gibi = 1L << 30, Weights = 8_030_261_248;

    private static readonly TrainingOptions Options = new() { MicroBatchSize = 8, BatchSize = 8, Threads = 4, MaxLength = 1024 };

    private static readonly TrainingShape Shape = new(Passes: 4, Rows: 2, Tokens: 1024, Targets: 1024, Packed: true);

    [Fact]
    public void Full_training_holds_weights_gradients_for_each_thread_and_the_optimisers_state()
    {
        var plan = Plan(Options);

        plan.Weights.ShouldBe(4 * Weights);
        plan.Gradients.ShouldBe(4 * 4 * Weights);
        plan.Optimiser.ShouldBe(8 * Weights);
        (plan.Adapters, plan.Converted).ShouldBe((0, 0));
        plan.Peak.ShouldBe(plan.Process + 28 * Weights + plan.Activations);
        Plan(Options with { Bf16 = true }).Converted.ShouldBe(4 * 2 * Weights);
        Plan(Options with { Optim = "adamw_8bit" }).Optimiser.ShouldBeInRange((long)(2.03 * Weights), (long)(2.04 * Weights));
        // Embedding and head, 4096 × 128,256 each, and the vectors have AdamW's state.
        Plan(Options with { Optim = "muon" }).Optimiser.ShouldBeInRange(4 * Weights + 8 * 525_336_576L, 4 * Weights + 9 * 525_336_576L);
    }

    [Theory]
    [InlineData("BF16", 2.0)]
    [InlineData("Q8_0", 1.0625)]
    [InlineData("Q4_K", 0.5625)]
    public void An_adapter_takes_the_bases_file_and_one_converted_matrix_for_each_thread(string type, double bytes)
    {
        var plan = Plan(Options with { Lora = new LoraOptions() }, type);

        plan.Weights.ShouldBeInRange((long)(bytes * Weights), (long)(bytes * Weights * 1.001));
        plan.Adapters.ShouldBe(4 * 20_971_520L);
        plan.Gradients.ShouldBe(4 * 4 * 20_971_520L);
        plan.Optimiser.ShouldBe(8 * 20_971_520L);
        plan.Converted.ShouldBe(4 * 4L * 4096 * 14_336);
        Plan(Options with { Lora = new LoraOptions(), Bf16 = true }, "BF16").Converted.ShouldBe(0);
    }

    [Fact]
    public void Checkpointing_keeps_one_block()
    {
        var (kept, recomputed) = (Plan(Options).Activations, Plan(Options with { GradientCheckpointing = true }).Activations);
        ((double)kept / recomputed).ShouldBeInRange(4, 32);
    }

    [Fact]
    public void Held_out_rows_count_where_their_pass_takes_more_than_a_step()
    {
        var file = Llama8B("F32");
        var config = ModelConfig.Read("8b.gguf", file);
        long Activations(TrainingShape? heldOut) =>
            TrainingMemoryPlan.Of("8b.gguf", file, config, Options, Shape, Options.Threads, Gibi, heldOut).Activations;

        Activations(Shape).ShouldBe(Activations(null), "a pass without gradients takes less than one with them");
        Activations(Shape with { Tokens = 16 * Shape.Tokens, Targets = 16 * Shape.Targets }).ShouldBeGreaterThan(Activations(null));
    }

    [Fact]
    public void What_fits_or_cannot_be_known_is_allowed()
    {
        var limit = new MemoryLimit(o => Plan(o));
        limit.Require(Options, (Plan(Options).Peak, "the machine's memory"));
        limit.Require(Options, null);
    }

    [Theory]
    [InlineData(300, "F32", "gradient_checkpointing true")]
    [InlineData(120, "F32", "micro_batch_size 1, threads 1, optim adamw_8bit")]
    [InlineData(60, "F32", "micro_batch_size 1, lora")]
    [InlineData(40, "Q4_K", "gradient_checkpointing true")]
    [InlineData(12, "Q4_K", "gradient_checkpointing true, micro_batch_size 1")]
    public void What_does_not_fit_is_refused_with_the_options_that_would(int gibibytes, string type, string remedy)
    {
        var options = type == "F32" ? Options : Options with { Lora = new LoraOptions() };
        var refusal = Should.Throw<TrainingFailureException>(
            () => new MemoryLimit(o => Plan(o, type)).Require(options, (gibibytes * Gibi, "the machine's memory")));

        refusal.Code.ShouldBe("memory");
        refusal.Message.ShouldContain($"needs {Plan(options, type)}; the machine's memory leaves the process {gibibytes}.00 GiB");
        refusal.Message.ShouldContain($"It would fit with {remedy}: ");
    }

    [Fact]
    public void Where_nothing_fits_the_refusal_says_so()
    {
        var refusal = Should.Throw<TrainingFailureException>(
            () => new MemoryLimit(o => Plan(o)).Require(Options, (Gibi, "the control group's memory limit")));
        refusal.Message.ShouldContain("the control group's memory limit leaves the process 1.00 GiB");
        refusal.Message.ShouldContain("No option makes it fit.");
    }

    [Fact]
    public void A_threads_share_has_the_longest_rows_that_the_cutoff_leaves()
    {
        ImmutableArray<Example> rows = [Row(100, 40), Row(60, 50), Row(300, 10)];

        TrainingShape.Of(rows, Options with { MaxLength = 200, MicroBatchSize = 2 }, threads: 1)
            .ShouldBe(new TrainingShape(1, 2, 100, 100, false));
        TrainingShape.Of(rows, Options with { MicroBatchSize = 8 }, threads: 2).ShouldBe(new TrainingShape(2, 2, 300, 100, false));
        TrainingShape.Of(rows, Options with { MaxLength = 50 }, threads: 1).ShouldBeNull();
    }

    private static Example Row(int tokens, int targets) => new(
        "r", [TokenSequence.Of([.. Enumerable.Range(0, tokens - targets)], [.. Enumerable.Range(0, targets)])]);

    private static TrainingMemoryPlan Plan(TrainingOptions options, string type = "F32")
    {
        var file = Llama8B(type);
        var threads = options.Threads;
        var rows = (options.MicroBatchSize + threads - 1) / threads;
        var shape = Shape with
        {
            Passes = Math.Min(threads, options.MicroBatchSize),
            Rows = rows,
            Targets = rows * Shape.Targets / Shape.Rows,
            Tokens = Math.Min(Shape.Tokens, options.MaxLength),
        };
        return TrainingMemoryPlan.Of("8b.gguf", file, ModelConfig.Read("8b.gguf", file), options, shape, threads, Gibi);
    }

    private static GgufFile Llama8B(string type)
    {
        var tensors = new List<GgufTensor>();
        var matrix = Enumerable.Range(0, 64).Select(id => GgufTensorType.Find((uint)id)).First(t => t?.Name == type)!;
        void Add(string name, params ImmutableArray<long> dimensions) => tensors.Add(new(
            name, dimensions.Length == 1 ? GgufTensorType.F32 : matrix, dimensions, dimensions.Aggregate(1L, (a, b) => a * b), 0));
        Add("token_embd.weight", 4096, 128_256);
        Add("output.weight", 4096, 128_256);
        Add("output_norm.weight", 4096);
        for (var layer = 0; layer < 32; layer++)
        {
            foreach (var name in new[] { "attn_norm", "ffn_norm" })
                Add($"blk.{layer}.{name}.weight", 4096);
            foreach (var (name, input, output) in new[]
            {
                ("attn_q", 4096, 4096), ("attn_k", 4096, 1024), ("attn_v", 4096, 1024), ("attn_output", 4096, 4096),
                ("ffn_gate", 4096, 14_336), ("ffn_up", 4096, 14_336), ("ffn_down", 14_336, 4096),
            })
                Add($"blk.{layer}.{name}.weight", input, output);
        }
        return new GgufFile(3, new Dictionary<string, object>
        {
            ["general.architecture"] = "llama",
            ["llama.block_count"] = 32L,
            ["llama.embedding_length"] = 4096L,
            ["llama.feed_forward_length"] = 14_336L,
            ["llama.attention.head_count"] = 32L,
            ["llama.attention.head_count_kv"] = 8L,
            ["llama.attention.layer_norm_rms_epsilon"] = 1e-5,
        }, [], [.. tensors], 32, 0);
    }
}
