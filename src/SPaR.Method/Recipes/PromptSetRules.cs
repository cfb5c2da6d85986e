namespace SPaR.Method.Recipes;

/// <summary>What makes a prompt set usable, and the named sets.</summary>
internal static class PromptSetRules
{
    public static IReadOnlyDictionary<string, PromptSet> Named { get; } =
        new Dictionary<string, PromptSet>(StringComparer.Ordinal) { ["default"] = PromptSet.Default };

    /// <returns>Every error, by the field inside the set; empty if the set is usable.</returns>
    public static IEnumerable<(string Field, string Message)> Check(PromptSet set)
    {
        if (set.Judge.Length == 0 || set.Judge[^1].Role != "user")
            yield return ("judge", "must be a list of messages that ends with a user message.");
        for (var i = 0; i < set.Judge.Length; i++)
        {
            if (set.Judge[i].Role is not ("system" or "user" or "assistant"))
                yield return ($"judge[{i}].role", "must be system, user or assistant.");
        }

        foreach (var placeholder in new[] { "{prompt}", "{response}" })
        {
            if (!set.Judge.Any(m => m.Content.Contains(placeholder, StringComparison.Ordinal)))
                yield return ("judge", $"must have the placeholder {placeholder} in one of its messages.");
        }

        if (string.IsNullOrWhiteSpace(set.Refine))
            yield return ("refine", "is empty; give the user message that asks for a refined answer.");
        if (set.Verdict.Marker is "")
            yield return ("verdict.marker", "is empty; give the text before the verdict, or null to search the whole vote.");
        if (set.Verdict.Take is not ("first" or "last"))
            yield return ("verdict.take", "must be first or last.");
        if (!AreWords(set.Verdict.Yes))
            yield return ("verdict.yes", "must be a list of at least one word, none of them empty.");
        if (!AreWords(set.Verdict.No))
            yield return ("verdict.no", "must be a list of at least one word, none of them empty.");
        if (set.Verdict.Yes.FirstOrDefault(set.Verdict.No.Contains) is { } both)
            yield return ("verdict.no", $"has '{both}', which verdict.yes has too; remove it from one of them.");
        if (set.Answer.Open is null != set.Answer.Close is null || set.Answer.Open is "" || set.Answer.Close is "")
            yield return ("answer", "must have both open and close, or neither (the whole reply is the answer).");
    }

    private static bool AreWords(IReadOnlyCollection<string> words) => words.Count > 0 && !words.Any(string.IsNullOrWhiteSpace);
}
