using System.Collections.Immutable;

namespace SPaR.MicroWorld;

/// <summary>Checks an answer against an instruction exactly. For evaluation only; the method never uses it.</summary>
public static class Verifier
{
    private const string Stop = ".";

    /// <summary>Whether the answer satisfies every constraint.</summary>
    public static bool Satisfies(MicroInstruction instruction, string answer) => Check(instruction, answer).All(met => met);

    /// <summary>For each constraint, in order, whether the answer satisfies it. White space separates words; a full stop is a word of its
    /// own.</summary>
    public static ImmutableArray<bool> Check(MicroInstruction instruction, string answer)
    {
        var words = Words(answer);
        return [.. instruction.Constraints.Select(constraint => Meets(constraint, words))];
    }

    /// <summary>Whether the answer satisfies this one constraint.</summary>
    public static bool Meets(Constraint constraint, string answer) => Meets(constraint, Words(answer));

    private static string[] Words(string answer) => answer.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries);

    private static bool Meets(Constraint constraint, string[] words) => constraint.Kind switch
    {
        ConstraintKind.Start => words.FirstOrDefault() == constraint.Word,
        ConstraintKind.End => Stopped(words) && words.LastOrDefault(word => word != Stop) == constraint.Word,
        ConstraintKind.Include => words.Contains(constraint.Word),
        ConstraintKind.Avoid => !words.Contains(constraint.Word),
        _ => Stopped(words) && words.Count(word => word == Stop) == Vocabulary.Numbers.IndexOf(constraint.Word) + 1,
    };

    private static bool Stopped(string[] words) => words.LastOrDefault() == Stop;
}
