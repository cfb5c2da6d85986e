using System.Text;
using SPaR.Gguf;
using SPaR.Llama.Binding;

namespace SPaR.Integration.Tests.Llama.Templates;

/// <summary>A model file with the tokeniser of a published family: its pre-tokeniser, the size of its vocabulary and its control tokens at
/// their ids. Of its words it has the given ones; the rest of its ids is padding.</summary>
/// <param name="Pre">The pre-tokeniser of a byte-level tokeniser; null for SentencePiece.</param>
internal sealed record FamilyFile(string Name, string? Pre, int Size, (int Id, string Text)[] Control, string[] Words)
{
    private const int Width = 8, Normal = 1, ControlType = 3, UserDefined = 4, Unused = 5, Byte = 6;

    public int? Begin { get; init; }

    /// <summary>Null as in files that leave it to the pre-tokeniser.</summary>
    public bool? AddsBegin { get; init; }

    /// <summary>SentencePiece only; null as in files that leave it to llama.cpp.</summary>
    public bool? PrefixesSpace { get; init; }

    public required int End { get; init; }

    /// <summary>Null where the file names none.</summary>
    public int? EndOfTurn { get; init; }

    /// <summary>Those among the control tokens that the file has as user-defined ones.</summary>
    public string[] UserDefinedTokens { get; init; } = [];

    public required string Template { get; init; }

    /// <summary>The text of each token, as it is written in a text.</summary>
    public string[] Texts { get; private set; } = [];

    public LlamaWeights Open()
    {
        LlamaLibrary.Load(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var path = Path.Combine(AppContext.BaseDirectory, $"family-{Name}.gguf");
        Write(path);
        return LlamaWeights.Open(path);
    }

    public string Write(string path)
    {
        var tokens = new string[Size];
        Texts = new string[Size];
        var types = Enumerable.Repeat(Unused, Size).ToArray();
        foreach (var (id, text) in Control)
            (tokens[id], Texts[id], types[id]) = (text, text, UserDefinedTokens.Contains(text) ? UserDefined : ControlType);
        var next = 0;
        for (var value = 0; value < 256; value++)
            if (Pre is null)
                Take($"<0x{value:X2}>", $"<0x{value:X2}>", Byte);
            else
                Take(TinyModel.ByteToken(value), $"{(char)value}", Normal);
        foreach (var piece in Pre is null ? Words.SelectMany(Beginnings).Distinct() : Words)
            if (piece.Length > 1 || Pre is null)
                Take(Written(piece), piece, Normal);
        for (var id = 0; id < Size; id++)
            (tokens[id], Texts[id]) = (tokens[id] ?? $"[PAD{id}]", Texts[id] ?? $"[PAD{id}]");
        using var stream = File.Create(path);
        Weights(Tokenizer(new GgufWriter(), tokens, types)).Write(stream);
        return path;

        void Take(string token, string text, int type)
        {
            while (tokens[next] is not null)
                next++;
            (tokens[next], Texts[next], types[next]) = (token, text, type);
        }
    }

    private GgufWriter Tokenizer(GgufWriter writer, string[] tokens, int[] types)
    {
        writer
            .Add("general.architecture", "llama")
            .Add("tokenizer.ggml.model", Pre is null ? "llama" : "gpt2")
            .Add("tokenizer.ggml.tokens", tokens)
            .Add("tokenizer.ggml.token_type", types)
            .Add("tokenizer.ggml.eos_token_id", (uint)End)
            .Add("tokenizer.chat_template", Template);
        if (Pre is null)
            // Longer pieces first, so that the pieces of a word join to the word.
            writer.Add("tokenizer.ggml.scores", (IReadOnlyList<float>)[.. tokens.Select(t => t.Length - 100f)]);
        else
            // A word joins with the space before it first.
            writer.Add("tokenizer.ggml.pre", Pre)
                .Add("tokenizer.ggml.merges", [.. Words.OrderBy(w => w[0] != ' ').SelectMany(Merges).Distinct()]);
        if (Begin is { } begin)
            writer.Add("tokenizer.ggml.bos_token_id", (uint)begin);
        if (EndOfTurn is { } turn)
            writer.Add("tokenizer.ggml.eot_token_id", (uint)turn);
        if (AddsBegin is { } adds)
            writer.Add("tokenizer.ggml.add_bos_token", adds);
        if (PrefixesSpace is { } prefixes)
            writer.Add("tokenizer.ggml.add_space_prefix", prefixes);
        return writer;
    }

    private GgufWriter Weights(GgufWriter writer)
    {
        writer
            .Add("llama.context_length", 64u)
            .Add("llama.embedding_length", (uint)Width)
            .Add("llama.block_count", 1u)
            .Add("llama.feed_forward_length", (uint)Width)
            .Add("llama.attention.head_count", 1u)
            .Add("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .Add("token_embd.weight", new float[(long)Width * Size], [Width, Size]);
        foreach (var part in new[] { "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down" })
            writer.Add($"blk.0.{part}.weight", new float[Width * Width], [Width, Width]);
        foreach (var norm in new[] { "blk.0.attn_norm.weight", "blk.0.ffn_norm.weight", "output_norm.weight" })
            writer.Add(norm, new float[Width], [Width]);
        return writer;
    }

    private static IEnumerable<string> Beginnings(string word) => Enumerable.Range(1, word.Length).Select(n => word[..n]);

    private IEnumerable<string> Merges(string word)
    {
        var written = Written(word);
        return Enumerable.Range(1, written.Length - 1).Select(n => $"{written[..n]} {written[n]}");
    }

    /// <summary>Words are ASCII.</summary>
    private string Written(string word) => Pre is null
        ? word.Replace(' ', '▁')
        : string.Concat(Encoding.ASCII.GetBytes(word).Select(b => TinyModel.ByteToken(b)));
}
