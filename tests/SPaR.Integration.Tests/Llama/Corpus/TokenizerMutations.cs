using System.Text;
using static SPaR.Integration.Tests.Llama.Corpus.Mutations;
using static SPaR.Integration.Tests.Llama.Corpus.RawValue;

namespace SPaR.Integration.Tests.Llama.Corpus;

/// <summary>Changes one thing of a model's tokeniser, at random.</summary>
internal static class TokenizerMutations
{
    public static IReadOnlyList<(string Name, Action<RawGguf, Random> Change)> Kinds { get; } =
        [("tokens", TokenList), ("token lists", TokenLists), ("tokeniser", Tokenizer)];

    private static void TokenList(RawGguf raw, Random random)
    {
        var tokens = TokensOf(raw);
        var at = random.Next(tokens.Count);
        switch (random.Next(7))
        {
            case 0:
                tokens[at] = tokens[random.Next(tokens.Count)];
                break;
            case 1:
                tokens[at] = [];
                break;
            case 2:
                tokens[at] = [.. tokens[at], 0, .. tokens[at]];
                break;
            case 3:
                tokens[at] = One<byte[]>(random, [0xFF, 0xFE], [0xC3], [0xED, 0xA0, 0x80], [(byte)' '], [(byte)'\n'], new byte[100_000]);
                break;
            case 4:
                tokens[at] = Encoding.UTF8.GetBytes(One(random, "[EMPTY_7]", "<0x", "<0xZZ>", "<|eot_id|>", "<|end|>", "</s>", "<unk>"));
                break;
            case 5:
                tokens.RemoveAt(at);
                break;
            default:
                tokens.Add(Encoding.UTF8.GetBytes("more"));
                break;
        }
        raw.Set("tokenizer.ggml.tokens", Texts8(tokens));
    }

    private static void TokenLists(RawGguf raw, Random random)
    {
        var count = TokensOf(raw).Count + One(random, -1, 0, 0, 1);
        switch (random.Next(4))
        {
            case 0:
                raw.Set("tokenizer.ggml.token_type", Counts([.. Enumerable.Range(0, count).Select(_ => random.Next(-2, 9))]));
                break;
            case 1:
                var odd = One(random, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, float.MaxValue);
                raw.Set("tokenizer.ggml.scores", Reals([.. Enumerable.Range(0, count).Select(_ => random.Next(5) == 0 ? odd : 1f)]));
                break;
            case 2:
                raw.Set("tokenizer.ggml.merges", Texts8([.. Enumerable.Range(0, random.Next(5)).Select(_ => Encoding.UTF8.GetBytes(
                    One(random, "", " ", "a", "a b", " a", "a ", "  ", "a b c", "t h", "\n \n", "Ġ t", "\0 a", "▁ ▁")))]));
                break;
            default:
                raw.Set("tokenizer.ggml.suppress_tokens", Counts([random.Next(-5, 1000), int.MaxValue]));
                break;
        }
    }

    private static void Tokenizer(RawGguf raw, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                raw.Set("tokenizer.ggml.model", Text(One(
                    random, "gpt2", "llama", "bert", "t5", "rwkv", "plamo2", "gemma4", "none", "no_vocab", "hybriddna", "whitespace")));
                break;
            case 1:
                var known = SPaR.Llama.Inspection.PreTokenizers.Known;
                raw.Set("tokenizer.ggml.model", Text("gpt2"));
                raw.Set("tokenizer.ggml.pre", Text(
                    random.Next(5) == 0 ? One(random, "none", "whitespace") : known[random.Next(known.Count)]));
                raw.Set("tokenizer.ggml.merges", Texts8([Encoding.UTF8.GetBytes("t h"), Encoding.UTF8.GetBytes("th e")]));
                break;
            case 2:
                raw.Set("general.name", Text(One(random, "Phi-3-mini", "phi3", "modern-bert", "")));
                break;
            default:
                var id = One(random, 0u, 1u, 5u, 100u, 10_000u, 1u << 31, uint.MaxValue);
                raw.Set($"tokenizer.ggml.{One(random, "bos", "eos", "eot", "eom", "padding", "unknown")}_token_id", Count(id));
                break;
        }
    }

    private static List<byte[]> TokensOf(RawGguf raw)
    {
        var value = raw.Find("tokenizer.ggml.tokens")!.Value;
        using var reader = new BinaryReader(new MemoryStream(value));
        reader.ReadInt64();
        return [.. Enumerable.Range(0, (int)reader.ReadInt64()).Select(_ => reader.ReadBytes((int)reader.ReadInt64()))];
    }
}
