using System.Collections.Immutable;

namespace SPaR.Llama.Scheduling;

/// <summary>Where scoring begins: at the end of the tokens that the begun turn has in common with all its continuations. Tokens at the end
/// of a text may change when the text goes on: "Final: " ends with a space of its own, and "Final: Yes" has it in the token of the word.
/// Knows token ids only.</summary>
internal static class CommonPrefix
{
    /// <param name="partial">The tokens of the begun turn by itself.</param>
    /// <param name="whole">The tokens of the begun turn with each continuation.</param>
    /// <returns>How many tokens all of them begin with; at least one token of each <paramref name="whole"/> is left.</returns>
    /// <exception cref="ArgumentException">One has no tokens.</exception>
    public static int Of(ImmutableArray<int> partial, ImmutableArray<ImmutableArray<int>> whole)
    {
        var shared = partial.Length;
        for (var i = 0; i < whole.Length; i++)
        {
            if (whole[i].IsEmpty)
                throw new ArgumentException($"Continuations[{i}] has no tokens in this model's vocabulary; there is nothing to score.");
            shared = Math.Min(partial.AsSpan(0, shared).CommonPrefixLength(whole[i].AsSpan()), whole[i].Length - 1);
        }

        return shared;
    }
}
