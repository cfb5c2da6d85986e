namespace SPaR.MicroWorld;

/// <summary>Writes a perfect judge's critique: for each constraint what was found, then <c>ok</c> or <c>bad</c>, and the verdict as the
/// last word.</summary>
internal static class Critic
{
    private const string Absent = ";";

    public static string Write(MicroInstruction instruction, string answer)
    {
        var words = answer.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries);
        var met = Verifier.Check(instruction, answer);
        var parts = instruction.Constraints.Zip(met, (c, ok) =>
            $"{c.Kind.ToString().ToLowerInvariant()} {Evidence(c, words)} {(ok ? "ok" : "bad")}");
        return string.Join(' ', [.. parts, met.All(ok => ok) ? "Yes" : "No"]);
    }

    private static string Evidence(Constraint constraint, string[] words) => constraint.Kind switch
    {
        ConstraintKind.Start => words.FirstOrDefault(Grammar.Stop),
        ConstraintKind.End => words.LastOrDefault(word => word != Grammar.Stop, Grammar.Stop),
        ConstraintKind.Use => Vocabulary.Numbers.ElementAtOrDefault(words.Count(word => word == Grammar.Stop) - 1) ?? Grammar.Stop,
        _ => $"{constraint.Word} {Following(constraint.Word, words)}",
    };

    /// <summary>A quote: the word that follows the last occurrence of this one, or a semicolon if it does not occur.</summary>
    private static string Following(string word, string[] words) => Array.LastIndexOf(words, word) switch
    {
        -1 => Absent,
        var last when last + 1 < words.Length => words[last + 1],
        _ => Grammar.Stop,
    };
}
