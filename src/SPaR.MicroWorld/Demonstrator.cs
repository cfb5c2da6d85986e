namespace SPaR.MicroWorld;

/// <summary>Writes imperfect answers on purpose: it attends to only a share of each kind of constraint and leaves the others to chance. So
/// a model that learns from it has something left to learn.</summary>
internal static class Demonstrator
{
    /// <summary>The probability of attending to a constraint of this kind.</summary>
    public static double Care(ConstraintKind kind) => kind switch
    {
        ConstraintKind.Start => 0.75,
        ConstraintKind.End => 0.65,
        ConstraintKind.Avoid => 0,
        _ => 0.5,
    };

    /// <param name="least">Raises each probability to at least this: 0 writes as usual, 1 attends to every constraint.</param>
    public static string Write(MicroRandom random, MicroInstruction instruction, double least = 0)
    {
        var attended = instruction.Constraints.Where(c => random.Happens(Math.Max(least, Care(c.Kind)))).ToList();
        var asked = attended.Where(c => c.Kind == ConstraintKind.Use).Select(c => (int?)Vocabulary.Numbers.IndexOf(c.Word) + 1);
        var draft = Grammar.Draft(random, instruction.Topic, asked.FirstOrDefault());
        // Refining, too, sees only the constraints attended to: a new sentence may contain a word to avoid.
        var seen = instruction with { Constraints = [.. attended] };
        return string.Join(' ', Refiner.Refine(random, seen, attended, draft));
    }
}
