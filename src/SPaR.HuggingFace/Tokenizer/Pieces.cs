namespace SPaR.HuggingFace.Tokenizer;

/// <summary>Scores of pieces from merges, and merges from scores. SentencePiece merges the pair whose piece has the largest score; a
/// tokenizer.json lists pairs, best first. Both choose the same pairs where all pairs of a piece follow each other.</summary>
internal static class Pieces
{
    /// <param name="ids">Of the vocabulary.</param>
    /// <param name="skipped">Pieces that are found in a text before anything is merged: their pairs may be anywhere.</param>
    /// <returns>Minus the number of pieces that are merged before; null if the pairs of a piece do not follow each other.</returns>
    public static Dictionary<string, float>? Scores(
        IReadOnlyList<string> merges, IReadOnlyDictionary<string, int> ids, IReadOnlySet<string> skipped)
    {
        var scores = new Dictionary<string, float>(StringComparer.Ordinal);
        string? last = null;
        foreach (var merge in merges)
        {
            var piece = Joined(merge);
            if (!ids.ContainsKey(piece))
                return null;
            if (piece != last && !scores.TryAdd(piece, -scores.Count) && !skipped.Contains(piece))
                return null;
            last = piece;
        }
        return scores;
    }

    /// <summary>All pairs of known pieces, best first.</summary>
    public static ImmutableArray<string> Merges(IReadOnlyList<Token> tokens)
    {
        var known = tokens.Select((t, id) => (t, id)).Where(t => t.t.Kind is TokenKind.Normal or TokenKind.UserDefined)
            .ToDictionary(t => t.t.Text, t => t.id, StringComparer.Ordinal);
        var pairs = from token in known
                    where tokens[token.Value].Kind == TokenKind.Normal
                    from cut in Enumerable.Range(1, Math.Max(0, token.Key.Length - 1))
                    let left = token.Key[..cut]
                    let right = token.Key[cut..]
                    where known.ContainsKey(left) && known.ContainsKey(right)
                    select (Merge: $"{left} {right}", tokens[token.Value].Score, Id: token.Value, Left: known[left], Right: known[right]);
        return [.. pairs.OrderByDescending(p => p.Score).ThenBy(p => p.Id).ThenBy(p => p.Left).ThenBy(p => p.Right).Select(p => p.Merge)];
    }

    private static string Joined(string merge) => merge.IndexOf(' ', 1) is > 0 and var cut ? merge[..cut] + merge[(cut + 1)..] : merge;
}
