using SPaR.Gguf;
using SPaR.Llama.Inspection;

namespace SPaR.Benchmarks.Training;

/// <summary>The shape of a published model. Its tensors are those that the engine expects of such a file.</summary>
/// <param name="Family">The file's <c>general.architecture</c>.</param>
internal sealed record PublishedShape(
    string Name, string Family, int Layers, int Width, int Heads, int KeyValueHeads, int HeadWidth, int Inner, int Vocabulary)
{
    /// <summary>As in their configurations. GLM-4-9B-Chat is of the family chatglm, GLM-4-9B-0414 of glm4.</summary>
    public static IReadOnlyList<PublishedShape> All { get; } =
    [
        new("llama3-8b", "llama", 32, 4096, 32, 8, 128, 14336, 128256),
        new("llama3-70b", "llama", 80, 8192, 64, 8, 128, 28672, 128256),
        new("mistral-7b", "llama", 32, 4096, 32, 8, 128, 14336, 32768),
        new("qwen2.5-7b", "qwen2", 28, 3584, 28, 4, 128, 18944, 152064) { Biased = ["attn_q", "attn_k", "attn_v"] },
        new("qwen3-8b", "qwen3", 36, 4096, 32, 8, 128, 12288, 151936),
        new("glm4-9b", "chatglm", 40, 4096, 32, 2, 128, 13696, 151552) { Rotary = 64, FusesHeads = true, Biased = ["attn_qkv"] },
        new("glm4-9b-0414", "glm4", 40, 4096, 32, 2, 128, 13696, 151552) { Rotary = 64, Biased = ["attn_q", "attn_k", "attn_v"] },
        new("gemma3-4b", "gemma3", 34, 2560, 8, 4, 256, 10240, 262208) { Ties = true },
        new("gemma3-12b", "gemma3", 48, 3840, 16, 8, 256, 15360, 262208) { Ties = true },
    ];

    public int? Rotary { get; init; }

    /// <summary>Whether embedding and head are one matrix.</summary>
    public bool Ties { get; init; }

    /// <summary>Whether queries, keys and values are one matrix.</summary>
    public bool FusesHeads { get; init; }

    /// <summary>The matrices of a block that have a bias.</summary>
    public string[] Biased { get; init; } = [];

    public long Parameters => Count(Tensors(Layers, Vocabulary));

    /// <summary>Of one block.</summary>
    public long BlockParameters => Count(Tensors(1, Vocabulary).Where(t => InBlock(t.Name)));

    /// <summary>Multiplications of a token with the matrices of a block.</summary>
    public long BlockProducts => Count(Tensors(1, Vocabulary).Where(t => InBlock(t.Name) && t.Role == TensorRole.Matrix));

    public long HeadProducts => (long)Width * Vocabulary;

    /// <summary>Of keys and values in F16, in all layers.</summary>
    public long CellBytes => 2L * 2 * Layers * KeyValueHeads * HeadWidth;

    /// <summary>Writes a model of one block, with a vocabulary that costs nothing.</summary>
    public void WriteBlock(string path, int vocabulary)
    {
        var writer = new GgufWriter().Add("general.architecture", Family);
        foreach (var (key, value) in new (string, int)[]
        {
            ("context_length", 8192), ("embedding_length", Width), ("block_count", 1), ("feed_forward_length", Inner),
            ("attention.head_count", Heads), ("attention.head_count_kv", KeyValueHeads), ("attention.key_length", HeadWidth),
            ("attention.value_length", HeadWidth), ("rope.dimension_count", Rotary ?? HeadWidth),
        })
            writer.Add($"{Family}.{key}", (uint)value);
        writer.Add($"{Family}.attention.layer_norm_rms_epsilon", 1e-5f).Add($"{Family}.rope.freq_base", 10_000f);
        var random = new Random(1);
        foreach (var tensor in Tensors(1, vocabulary))
            if (tensor.Role == TensorRole.Matrix)
                writer.Add(tensor.Name, GgufTensorType.F32, tensor.Dimensions,
                    bytes => RandomLlama.WriteMatrix(bytes, [.. tensor.Dimensions], WeightFormat.F32, random, quietRows: 0));
            else
                writer.Add(tensor.Name, [.. Enumerable.Repeat(1f, (int)tensor.Dimensions[0])], [.. tensor.Dimensions]);
        using var stream = File.Create(path);
        writer.Write(stream);
    }

    private static bool InBlock(string tensor) => tensor.StartsWith("blk.", StringComparison.Ordinal);

    private static long Count(IEnumerable<TensorRule> tensors) => tensors.Sum(t => t.Dimensions.Aggregate(1L, (a, b) => a * b));

    private IEnumerable<TensorRule> Tensors(int layers, int vocabulary) => Architectures.Named("", Family)
        .Tensors(
            new(layers, Width, vocabulary, Heads, KeyValueHeads, HeadWidth, Rotary ?? HeadWidth, Inner, Experts: 0, SharedInner: 0,
                LongRope: false),
            tensor => tensor.EndsWith(".attn_qkv.weight", StringComparison.Ordinal) && FusesHeads)
        .Where(t => t.Required || (t.Name == "output.weight" && !Ties)
            || Biased.Any(b => t.Name.EndsWith($".{b}.bias", StringComparison.Ordinal)));
}
