namespace SPaR.MicroWorld;

/// <summary>A writer who makes mistakes on purpose: of each kind of constraint it attends to a share only, and leaves the others to
/// chance. So a model that learns from it has something left to learn.</summary>
internal static class Demonstrator
{
    /// <summary>With which probability a constraint of this kind is attended to.</summary>
    public static double Care(ConstraintKind kind) => kind switch
    {
        ConstraintKind.Start => 0.75,
        ConstraintKind.End => 0.65,
        ConstraintKind.Avoid => 0,
        _ => 0.5,
    };

    /// <param name="least">Raises each probability to at least this: 0 for the plain writer, towards 1 for a careful one.</param>
    public static string Write(Dice dice, MicroInstruction instruction, double least = 0)
    {
        var attended = instruction.Constraints.Where(c => dice.Happens(Math.Max(least, Care(c.Kind)))).ToList();
        var asked = attended.Where(c => c.Kind == ConstraintKind.Use).Select(c => (int?)Vocabulary.Numbers.IndexOf(c.Word) + 1);
        var draft = Grammar.Draft(dice, instruction.Topic, asked.FirstOrDefault());
        // Only what is attended to is seen, here as in the mending: an avoided word may come in with a new sentence.
        var seen = instruction with { Constraints = [.. attended] };
        return string.Join(' ', Repair.All(dice, seen, attended, draft));
    }
}
