using System.Collections.Immutable;

namespace SPaR.MicroWorld.Bootstrap;

/// <summary>Writes conversations of the tiny language as tokens, as the model's chat template does:
/// <c>&lt;s&gt;[INST] PROMPT[/INST] ANSWER&lt;/s&gt;[INST] judge[/INST] CRITIQUE&lt;/s&gt;[INST] refine[/INST] REFINED&lt;/s&gt;</c>
/// </summary>
internal static class ChatFormat
{
    private const string JudgePrompt = "judge", RefinePrompt = "refine";

    private static readonly ImmutableDictionary<string, int> Ids =
        Vocabulary.Tokens.Select((token, id) => KeyValuePair.Create(token, id)).ToImmutableDictionary();

    /// <param name="Text">Words; each is one token.</param>
    /// <param name="Weight">The weight of the reply's tokens in the loss, including the end of the turn; 0 leaves them out.</param>
    public readonly record struct Reply(string Text, double Weight);

    /// <param name="replies">The answer, then the critique, then the refinement; later ones may be missing.</param>
    /// <returns>The tokens and their weights.</returns>
    public static (ImmutableArray<int> Tokens, ImmutableArray<double> Weights) Write(string prompt, IReadOnlyList<Reply> replies)
    {
        var tokens = ImmutableArray.CreateBuilder<int>();
        var weights = ImmutableArray.CreateBuilder<double>();
        Add("<s>", 0);
        foreach (var (reply, turn) in replies.Zip([prompt, JudgePrompt, RefinePrompt]))
        {
            Add($"[INST] {turn} [/INST]", 0);
            Add($"{reply.Text} </s>", reply.Weight);
        }

        return (tokens.ToImmutable(), weights.ToImmutable());

        void Add(string words, double weight)
        {
            foreach (var word in words.Split(' '))
            {
                tokens.Add(Ids[word]);
                weights.Add(weight);
            }
        }
    }
}
