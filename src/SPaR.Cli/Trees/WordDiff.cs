using System.Collections.Immutable;

namespace SPaR.Cli.Trees;

internal enum WordChange
{
    Kept,
    Removed,
    Added,
}

internal readonly record struct DiffWord(string Text, WordChange Change);

/// <summary>The words that a refinement removed from and added to an answer: all but a longest common subsequence.</summary>
internal static class WordDiff
{
    /// <returns>All words of both in order; of replaced words the removed ones come first.</returns>
    public static ImmutableArray<DiffWord> Between(string before, string after)
    {
        var old = before.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries);
        var now = after.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries);
        var common = CommonLengths(old, now);
        var words = ImmutableArray.CreateBuilder<DiffWord>();
        for (int i = 0, j = 0; i < old.Length || j < now.Length;)
        {
            if (i < old.Length && j < now.Length && old[i] == now[j])
            {
                words.Add(new(old[i], WordChange.Kept));
                i++;
                j++;
            }
            else if (j == now.Length || (i < old.Length && common[i + 1, j] >= common[i, j + 1]))
                words.Add(new(old[i++], WordChange.Removed));
            else
                words.Add(new(now[j++], WordChange.Added));
        }

        return words.ToImmutable();
    }

    /// <returns>[i, j]: the length of the longest common subsequence of old[i..] and now[j..].</returns>
    private static int[,] CommonLengths(string[] old, string[] now)
    {
        var lengths = new int[old.Length + 1, now.Length + 1];
        for (var i = old.Length - 1; i >= 0; i--)
        {
            for (var j = now.Length - 1; j >= 0; j--)
                lengths[i, j] = old[i] == now[j] ? lengths[i + 1, j + 1] + 1 : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
        }

        return lengths;
    }
}
