using System.Collections.Immutable;

namespace SPaR.Llama.Scheduling;

/// <summary>Where scoring starts: after the tokens that the partial turn shares with all its continuations. The last tokens of a text may
/// change when the text is continued: "Final: " ends with a space token, while "Final: Yes" has the space in the word's token. Knows token
/// ids only.</summary>
internal static class CommonPrefix
{
    /// <param name="partial">Tokens of the partial turn.</param>
    /// <param name="whole">Tokens of the partial turn with each continuation.</param>
    /// <returns>Length of the shared prefix; at least one token of each <paramref name="whole"/> is left.</returns>
    /// <exception cref="ArgumentException">A continuation has no tokens.</exception>
    public static int Of(ImmutableArray<int> partial, ImmutableArray<ImmutableArray<int>> whole)
    {
        var shared = partial.Length;
        for (var i = 0; i < whole.Length; i++)
        {
            if (whole[i].IsEmpty)
                throw new ArgumentException($"Continuations[{i}] has no tokens in this model's vocabulary. Remove it or change its text.");
            shared = Math.Min(partial.AsSpan(0, shared).CommonPrefixLength(whole[i].AsSpan()), whole[i].Length - 1);
        }

        return shared;
    }
}
