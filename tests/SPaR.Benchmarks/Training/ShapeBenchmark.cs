using SPaR.Torch.Models;
using SPaR.Torch.Native;
using static TorchSharp.torch;

namespace SPaR.Benchmarks.Training;

/// <summary>One block of a published model on random weights: a sequence forwards, and forwards and backwards with all weights and with an
/// adapter, next to the machine's own matrix products. Scales what it measures to the whole model and to a round of the paper.</summary>
internal static class ShapeBenchmark
{
    /// <summary>The paper's round: 10,000 instructions, and 2,500 pairs of 1024 tokens, prompt and both answers together.</summary>
    private const int Tokens = 1024, Instructions = 10_000, Pairs = 2500;

    /// <summary>Generated for an instruction; docs/hardware.md has the arithmetic.</summary>
    private const int TokensPerInstruction = 12_550;

    private const int Vocabulary = 256, Repeats = 2;

    public static Dictionary<string, object> Run(PublishedShape shape, int threads)
    {
        Libtorch.Load();
        FreedMemory.Keep();
        set_num_threads(threads);
        using var file = new ModelOnDisk(path => shape.WriteBlock(path, Vocabulary));
        using var full = new Block(file.Path, null);
        using var adapted = new Block(file.Path, new LoraOptions());
        using var square = new SquareProducts();
        var best = Rounds.Best(Repeats, square.Run, full.Forward, full.Accumulate, adapted.Accumulate);

        // Products with a weight: forwards, again in the backward pass, and for the gradients of the input and of the weight.
        // Attention has two forwards, two again and four for gradients.
        var sgemm = SquareProducts.Flops / best[0];
        var (forward, whole, adapter) = (Work(shape, 1, 2), Work(shape, 4, 8), Work(shape, 3, 8));
        return new()
        {
            ["shape"] = shape.Name,
            ["family"] = shape.Family,
            ["threads"] = threads,
            ["sgemm_gflops"] = Math.Round(1e-9 * sgemm, 1),
            ["share_forward"] = Share(forward.Block, best[1]),
            ["share_full"] = Share(whole.Block, best[2]),
            ["share_lora"] = Share(adapter.Block, best[3]),
            ["block_seconds_full"] = Math.Round(best[2], 3),
            ["parameters"] = shape.Parameters,
            ["bytes_f16"] = 2 * shape.Parameters,
            ["bytes_q8_0"] = shape.Parameters * 34 / 32,
            ["bytes_q4_k"] = shape.Parameters * 144 / 256,
            ["bytes_per_cell"] = shape.CellBytes,
            ["bytes_full"] = 16 * shape.Parameters,
            ["bytes_full_8bit"] = 10 * shape.Parameters,
            ["hours_self_play"] = Round((double)Instructions * TokensPerInstruction / Tokens * Hours(forward, best[1])),
            ["hours_train_full"] = Round(Pairs * (Hours(forward, best[1]) + Hours(whole, best[2]))),
            ["hours_train_lora"] = Round(Pairs * (Hours(forward, best[1]) + Hours(adapter, best[3]))),
        };

        double Share(double work, double seconds) => Math.Round(work / seconds / sgemm, 3);

        // Of a sequence in the whole model, at the block's rate.
        static double Hours((double Block, double Model) work, double seconds) => seconds * work.Model / work.Block / 3600;

        static double Round(double hours) => Math.Round(hours, 1);
    }

    /// <returns>Floating-point operations of a sequence in one block, and in the whole model.</returns>
    private static (double Block, double Model) Work(PublishedShape shape, int products, int attentionProducts)
    {
        var block = 2.0 * Tokens * shape.BlockProducts * products
            + 2.0 * Tokens * Tokens * shape.Heads * shape.HeadWidth * attentionProducts;
        return (block, block * shape.Layers + 2.0 * Tokens * shape.HeadProducts * products);
    }

    private sealed class Block : IDisposable
    {
        private readonly LanguageModel _model;
        private readonly Gradients _gradients;
        private readonly PackedSequences _sequence = PackedSequences.All(randint(Vocabulary, [1, Tokens], dtype: ScalarType.Int64));

        public Block(string path, LoraOptions? lora)
        {
            _model = LanguageModel.Load(path, "f32", lora, 1);
            _gradients = new(_model.Trainable);
        }

        public void Forward() => _model.LogProbs(_sequence).Dispose();

        public void Accumulate()
        {
            _gradients.Clear();
            _model.Accumulate(_sequence, logProbs => -logProbs.mean(), _gradients, checkpointing: true, seed: 1);
        }

        public void Dispose()
        {
            _gradients.Dispose();
            _model.Dispose();
        }
    }
}
