using System.Text;
using SPaR.Llama.Backend;

namespace SPaR.Llama.Native;

internal sealed unsafe class NativeTokens : ITokens
{
    private readonly NativeWeights _weights;
    private readonly nint _vocab;

    public NativeTokens(NativeWeights weights)
    {
        _weights = weights;
        _vocab = LlamaNative.llama_model_get_vocab(weights.DangerousGetHandle());
        Count = LlamaNative.llama_vocab_n_tokens(_vocab);
        BeginOfSequence = LlamaNative.llama_vocab_get_add_bos(_vocab) != 0 ? LlamaNative.llama_vocab_bos(_vocab) : null;
    }

    public int Count { get; }

    public int? BeginOfSequence { get; }

    public bool EndsGeneration(int token)
    {
        using var hold = new Hold(_weights);
        return LlamaNative.llama_vocab_is_eog(_vocab, token) != 0;
    }

    public TokenAttributes Attributes(int token)
    {
        using var hold = new Hold(_weights);
        return (TokenAttributes)LlamaNative.llama_vocab_get_attr(_vocab, token);
    }

    public int[] Tokenize(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        // No token is shorter than a byte; some tokenisers put a space in front.
        var tokens = new int[bytes.Length + 2];
        using var hold = new Hold(_weights);
        int count;
        fixed (byte* start = bytes)
        fixed (int* first = tokens)
            count = LlamaNative.llama_tokenize(_vocab, start, bytes.Length, first, tokens.Length, addSpecial: 0, parseSpecial: 0);
        return count >= 0
            ? tokens[..count]
            : throw new InvalidOperationException($"The tokeniser gave {-(long)count} tokens for {bytes.Length} bytes of text.");
    }

    public int Piece(int token, Span<byte> to, bool strip, bool control)
    {
        using var hold = new Hold(_weights);
        fixed (byte* start = to)
            return LlamaNative.llama_token_to_piece(_vocab, token, start, to.Length, strip ? 1 : 0, (byte)(control ? 1 : 0));
    }
}
