using System.Collections.Immutable;
using SPaR.Gguf;

namespace SPaR.MicroWorld.Bootstrap;

/// <summary>The model as a GGUF file: its metadata, tokeniser and tensors.</summary>
internal static class MicroModelFile
{
    private const int NormalToken = 1, ControlToken = 3;

    /// <summary>llama.cpp's <c>mistral-v7</c>.</summary>
    private const string Template =
        "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'system' %}[SYSTEM_PROMPT] {{ message['content'] }}"
        + "[/SYSTEM_PROMPT]{% elif message['role'] == 'user' %}[INST] {{ message['content'] }}[/INST]{% else %} "
        + "{{ message['content'] }}{{ eos_token }}{% endif %}{% endfor %}";

    /// <summary>The weights that training starts from.</summary>
    public static void WriteFirst(Stream stream, ulong seed)
    {
        var weights = new InitialWeights(seed);
        var writer = Describe(seed);
        Add("token_embd.weight", weights.Embedding);
        Add("output.weight", weights.Head);
        AddNorm("output_norm.weight");
        foreach (var (layer, block) in weights.Blocks.Index())
        {
            var name = $"blk.{layer}.";
            Add($"{name}attn_q.weight", block.Query);
            Add($"{name}attn_k.weight", block.Key);
            Add($"{name}attn_v.weight", block.Value);
            Add($"{name}attn_output.weight", block.Output);
            Add($"{name}ffn_gate.weight", block.Gate);
            Add($"{name}ffn_up.weight", block.Up);
            Add($"{name}ffn_down.weight", block.Down);
            AddNorm($"{name}attn_norm.weight");
            AddNorm($"{name}ffn_norm.weight");
        }

        writer.Write(stream);

        void Add(string name, Matrix matrix) => writer.Add(name, matrix.ToSingle(), matrix.Columns, matrix.Rows);

        void AddNorm(string name) => writer.Add(name, [.. Enumerable.Repeat(1f, Shape.Width)], Shape.Width);
    }

    /// <summary>Writes the weights of a trained file with the metadata of the initial one, so that the result does not depend on where and
    /// when it was created.</summary>
    public static void WriteTrained(Stream stream, string trained, ulong seed)
    {
        var file = GgufReader.Read(trained);
        var writer = Describe(seed);
        foreach (var tensor in file.Tensors)
            writer.Add(tensor.Name, tensor.Type, tensor.Dimensions, target =>
            {
                using var source = File.OpenRead(trained);
                source.Position = file.DataOffset + tensor.Offset;
                var bytes = new byte[tensor.Bytes];
                source.ReadExactly(bytes);
                target.Write(bytes);
            });
        writer.Write(stream);
    }

    /// <summary>As spelled in the file: words with a leading space, which this tokeniser writes as a G with a dot, then a token for each
    /// byte, so that any text can be tokenised.</summary>
    public static ImmutableArray<string> StoredTokens { get; } =
    [
        .. Vocabulary.Control,
        .. Vocabulary.Tokens[Vocabulary.Control.Length..].Select(word => ByteSign(' ') + word),
        .. Enumerable.Range(0, 256).Select(ByteSign),
    ];

    private static GgufWriter Describe(ulong seed) => new GgufWriter()
        .Add("general.architecture", "llama")
        .Add("general.name", "spar-micro")
        .Add("general.description", "SPaR micro-world: acts, judges and refines in a small language of instructions")
        .Add("general.license", "Apache-2.0")
        .Add("spar.bootstrap.seed", seed.ToString(System.Globalization.CultureInfo.InvariantCulture))
        .Add("llama.context_length", Shape.Context)
        .Add("llama.embedding_length", Shape.Width)
        .Add("llama.block_count", Shape.Layers)
        .Add("llama.feed_forward_length", Shape.FeedForward)
        .Add("llama.attention.head_count", Shape.Heads)
        .Add("llama.attention.head_count_kv", Shape.Heads)
        .Add("llama.rope.dimension_count", Shape.HeadWidth)
        .Add("llama.rope.freq_base", (float)Shape.RopeBase)
        .Add("llama.attention.layer_norm_rms_epsilon", (float)Shape.NormEpsilon)
        .Add("llama.vocab_size", (uint)Vocabulary.Size)
        .Add("general.file_type", 0u)
        .Add("tokenizer.ggml.model", "gpt2")
        // It takes known words whole, without merges, but the file format requires one.
        .Add("tokenizer.ggml.pre", "llama-bpe")
        .Add("tokenizer.ggml.tokens", StoredTokens)
        .Add("tokenizer.ggml.token_type",
            [.. StoredTokens.Select((_, id) => id < Vocabulary.Control.Length ? ControlToken : NormalToken)])
        .Add("tokenizer.ggml.merges", ["t h"])
        .Add("tokenizer.ggml.bos_token_id", (uint)Vocabulary.Control.IndexOf("<s>"))
        .Add("tokenizer.ggml.eos_token_id", (uint)Vocabulary.Control.IndexOf("</s>"))
        .Add("tokenizer.ggml.padding_token_id", (uint)Vocabulary.Control.IndexOf("<pad>"))
        .Add("tokenizer.ggml.add_bos_token", true)
        .Add("tokenizer.ggml.add_eos_token", false)
        .Add("tokenizer.chat_template", Template);

    /// <summary>GPT-2's characters for bytes: a visible one stands for itself, others get the next free one from 256 on.</summary>
    private static string ByteSign(int value) =>
        Visible(value) ? $"{(char)value}" : $"{(char)(256 + Enumerable.Range(0, value).Count(below => !Visible(below)))}";

    private static bool Visible(int value) => value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
}
