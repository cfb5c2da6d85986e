using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;

namespace SPaR.Llama.Native;

internal readonly record struct ControlToken(int Id, string Text, TokenAttributes Attributes);

/// <summary>A model's tokeniser. Thread-safe. Knows nothing of templates and conversations.</summary>
internal sealed unsafe class Vocabulary
{
    private readonly LlamaModelHandle _model;
    private readonly nint _vocab;

    public Vocabulary(LlamaModelHandle model)
    {
        _model = model;
        _vocab = LlamaNative.llama_model_get_vocab(model.DangerousGetHandle());
        Count = LlamaNative.llama_vocab_n_tokens(_vocab);
        BeginOfSequence = LlamaNative.llama_vocab_get_add_bos(_vocab) != 0 ? LlamaNative.llama_vocab_bos(_vocab) : null;
        EndsGeneration = [.. Enumerable.Range(0, Count).Select(t => LlamaNative.llama_vocab_is_eog(_vocab, t) != 0)];
        Control = [.. Enumerable.Range(0, Count).Select(Describe)
            .Where(t => (t.Attributes & (TokenAttributes.Control | TokenAttributes.UserDefined)) != 0 && t.Text.Length > 0)
            .OrderByDescending(t => t.Text.Length).ThenBy(t => t.Id)];
        PrefixesSpace = Detokenize(Tokenize("a")) == " a";
    }

    public int Count { get; }

    /// <summary>Whether the tokeniser puts a space before any text, which is then no part of it.</summary>
    public bool PrefixesSpace { get; }

    /// <summary>The token that every sequence starts with, where the model wants one.</summary>
    public int? BeginOfSequence { get; }

    /// <summary>For each token whether it ends the model's turn.</summary>
    public ImmutableArray<bool> EndsGeneration { get; }

    /// <summary>Control and user-defined tokens, the longest first.</summary>
    public ImmutableArray<ControlToken> Control { get; }

    /// <summary>Plain text to tokens: control tokens are not looked for, no beginning-of-sequence token is added.</summary>
    public int[] Tokenize(string text)
    {
        if (text.Length == 0)
            return [];
        var bytes = Encoding.UTF8.GetBytes(text);
        // No token is shorter than a byte; some tokenisers put a space in front.
        var tokens = new int[bytes.Length + 2];
        using var hold = Hold();
        int count;
        fixed (byte* start = bytes)
        fixed (int* first = tokens)
            count = LlamaNative.llama_tokenize(_vocab, start, bytes.Length, first, tokens.Length, addSpecial: 0, parseSpecial: 0);
        return count >= 0
            ? tokens[..count]
            : throw new InvalidOperationException($"The tokeniser gave {-(long)count} tokens for {bytes.Length} bytes of text.");
    }

    /// <summary>Tokens to text, all at once, as a character may be spread over several. Control tokens are left out; bytes that are
    /// not UTF-8 become U+FFFD, and so does U+0000, which neither JSON columns nor texts of PostgreSQL hold. White space is what the tokens say: llama.cpp's own detokenizer would take the space before a full
    /// stop away, and the text would have other tokens.</summary>
    public string Detokenize(ReadOnlySpan<int> tokens)
    {
        using var hold = Hold();
        var bytes = new byte[16 + tokens.Length * 8];
        var length = 0;
        for (var i = 0; i < tokens.Length; i++)
        {
            var strip = i == 0 && PrefixesSpace ? 1 : 0;
            var written = Piece(tokens[i], bytes.AsSpan(length), strip);
            if (written < 0)
            {
                Array.Resize(ref bytes, 2 * bytes.Length - written);
                written = Piece(tokens[i], bytes.AsSpan(length), strip);
            }
            length += written;
        }
        return Encoding.UTF8.GetString(bytes, 0, length).Replace('\0', '\uFFFD');
    }

    /// <returns>Bytes written, or minus the bytes needed.</returns>
    private int Piece(int token, Span<byte> to, int strip)
    {
        fixed (byte* start = to)
            return LlamaNative.llama_token_to_piece(_vocab, token, start, to.Length, strip, renderSpecial: 0);
    }

    private ControlToken Describe(int token) => new(
        token,
        Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(LlamaNative.llama_vocab_get_text(_vocab, token))),
        (TokenAttributes)LlamaNative.llama_vocab_get_attr(_vocab, token));

    /// <summary>Keeps the model from being freed while another thread disposes it.</summary>
    private Lease Hold()
    {
        var held = false;
        _model.DangerousAddRef(ref held);
        return new Lease(_model);
    }

    private readonly struct Lease(LlamaModelHandle model) : IDisposable
    {
        public void Dispose() => model.DangerousRelease();
    }
}
