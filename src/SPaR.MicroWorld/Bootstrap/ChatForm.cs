using System.Collections.Immutable;

namespace SPaR.MicroWorld.Bootstrap;

/// <summary>Conversations of the tiny language as tokens, as the model's chat template writes them:
/// <c>&lt;s&gt;[INST] PROMPT[/INST] ANSWER&lt;/s&gt;[INST] judge[/INST] CRITIQUE&lt;/s&gt;[INST] refine[/INST] MENDED&lt;/s&gt;</c>.</summary>
internal static class ChatForm
{
    private const string AskedToJudge = "judge", AskedToRefine = "refine";

    private static readonly ImmutableDictionary<string, int> Ids =
        Vocabulary.Tokens.Select((token, id) => KeyValuePair.Create(token, id)).ToImmutableDictionary();

    /// <param name="Text">Words; each is one token.</param>
    /// <param name="Weight">How much the answer's tokens count in the loss, the end of the turn among them; 0: not at all.</param>
    public readonly record struct Reply(string Text, double Weight);

    /// <param name="replies">The answer, then the critique, then the mended answer; later ones may be missing.</param>
    /// <returns>The tokens, and how much each counts.</returns>
    public static (ImmutableArray<int> Tokens, ImmutableArray<double> Weights) Write(string prompt, IReadOnlyList<Reply> replies)
    {
        var tokens = ImmutableArray.CreateBuilder<int>();
        var weights = ImmutableArray.CreateBuilder<double>();
        Add("<s>", 0);
        foreach (var (reply, ask) in replies.Zip([prompt, AskedToJudge, AskedToRefine]))
        {
            Add($"[INST] {ask} [/INST]", 0);
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
