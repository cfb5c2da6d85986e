using SPaR.Gguf;

namespace SPaR.Llama.Memory;

/// <summary>The sizes that determine a model's compute memory, read from its matrices: every family gives them the same names, unlike the
/// metadata.</summary>
/// <param name="Width">Width of the embedding.</param>
/// <param name="Inner">Width of the widest feed-forward layer.</param>
/// <param name="Queries">Width of all query heads of the widest layer.</param>
/// <param name="KeysAndValues">Numbers in one cell: keys and values of all layers.</param>
internal readonly record struct ModelWidths(long Width, long Inner, long Queries, long KeysAndValues, long Vocabulary)
{
    public static ModelWidths Of(GgufFile file)
    {
        long width = 0, vocabulary = 0, inner = 0, queries = 0, keysAndValues = 0;
        foreach (var tensor in file.Tensors)
        {
            if (tensor.Dimensions is not [var input, var output])
                continue;
            switch (Part(tensor.Name))
            {
                case "token_embd":
                    (width, vocabulary) = (input, output);
                    break;
                case "attn_q":
                    queries = Math.Max(queries, output);
                    break;
                case "attn_k" or "attn_v":
                    keysAndValues += output;
                    break;
                case "attn_output":
                    queries = Math.Max(queries, input);
                    break;
                case "ffn_down":
                    inner = Math.Max(inner, input);
                    break;
            }
        }
        // Some families have queries, keys and values in one matrix: keys and values are what is left without the queries.
        foreach (var tensor in file.Tensors.Where(t => Part(t.Name) == "attn_qkv" && t.Dimensions.Length == 2))
            keysAndValues += tensor.Dimensions[1] - queries;
        return new(width, inner, queries, keysAndValues, vocabulary);
    }

    /// <returns><c>attn_q</c> of <c>blk.3.attn_q.weight</c>; null for a bias.</returns>
    private static string? Part(string name) =>
        name.Split('.') switch
        {
            ["blk", _, var part, "weight"] => part,
            [var part, "weight"] => part,
            _ => null,
        };
}
