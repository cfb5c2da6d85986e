using System.Text;
using LLama.Native;
using SPaR.Llama.Backend;

namespace SPaR.Llama.LLamaSharp;

internal sealed class LLamaSharpTokens(SafeLlamaModelHandle model) : ITokens
{
    private readonly SafeLlamaModelHandle.Vocabulary _vocabulary = model.Vocab;

    public int Count { get; } = model.Vocab.Count;

    public int? BeginOfSequence { get; } = model.Vocab is { ShouldAddBOS: true, BOS: { } begin } ? (int)begin : null;

    public bool EndsGeneration(int token)
    {
        using var hold = new Hold(model);
        return ((LLamaToken)token).IsEndOfGeneration(_vocabulary);
    }

    public TokenAttributes Attributes(int token)
    {
        using var hold = new Hold(model);
        return (TokenAttributes)((LLamaToken)token).GetAttributes(_vocabulary);
    }

    public int[] Tokenize(string text)
    {
        using var hold = new Hold(model);
        return Array.ConvertAll(model.Tokenize(text, addBos: false, special: false, Encoding.UTF8), t => (int)t);
    }

    public int Piece(int token, Span<byte> to, bool strip, bool control)
    {
        using var hold = new Hold(model);
        return NativeApi.llama_token_to_piece(_vocabulary, token, to, strip ? 1 : 0, control);
    }
}
