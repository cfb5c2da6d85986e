namespace SPaR.MicroWorld;

/// <summary>Makes instructions: a topic, then two to four constraints of distinct kinds. Knows nothing of answers.</summary>
public sealed class InstructionGenerator(Dice dice)
{
    private const int FewestConstraints = 2;
    private const int MostConstraints = 4;

    public MicroInstruction Next()
    {
        var topic = dice.Pick(Vocabulary.Topics);
        var count = FewestConstraints + dice.Below(MostConstraints - FewestConstraints + 1);
        var constraints = Draw(count).Select(kind => new Constraint(kind, dice.Pick(Constraint.Words(kind, topic))));
        return new(topic, [.. constraints]);
    }

    public IEnumerable<MicroInstruction> Take(int count)
    {
        for (var i = 0; i < count; i++)
            yield return Next();
    }

    /// <summary>So many kinds without replacement, in the order in which they are stated.</summary>
    private List<ConstraintKind> Draw(int count)
    {
        var left = Enum.GetValues<ConstraintKind>().ToList();
        while (left.Count > count)
            left.RemoveAt(dice.Below(left.Count));
        return left;
    }
}
