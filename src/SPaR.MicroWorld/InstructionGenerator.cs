using System.Security.Cryptography;
using System.Text;

namespace SPaR.MicroWorld;

/// <summary>Makes instructions: a topic, then two to four constraints of distinct kinds. Knows nothing of answers.</summary>
/// <remarks>One instruction in sixteen is held out: no generator for training gives it, whatever its seed, so that what players are
/// measured by was never trained on. Which ones is decided by the instruction's text alone.</remarks>
public sealed class InstructionGenerator(Dice dice)
{
    private const int FewestConstraints = 2;
    private const int MostConstraints = 4;
    private const ulong HeldOutSeed = 2024;
    private const byte HeldOutBytes = 16; // of 256

    /// <summary>Held-out instructions without end, the same every time.</summary>
    public static IEnumerable<MicroInstruction> HeldOut() =>
        new InstructionGenerator(new Dice(HeldOutSeed)).Draw().Where(IsHeldOut);

    /// <summary>Whether it is kept for measuring.</summary>
    public static bool IsHeldOut(MicroInstruction instruction) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(instruction.Text))[0] < HeldOutBytes;

    /// <summary>One that is not held out.</summary>
    public MicroInstruction Next() => Draw().First(instruction => !IsHeldOut(instruction));

    private IEnumerable<MicroInstruction> Draw()
    {
        while (true)
            yield return DrawOne();
    }

    private MicroInstruction DrawOne()
    {
        var topic = dice.Pick(Vocabulary.Topics);
        var count = FewestConstraints + dice.Below(MostConstraints - FewestConstraints + 1);
        var constraints = Kinds(count).Select(kind => new Constraint(kind, dice.Pick(Constraint.Words(kind, topic))));
        return new(topic, [.. constraints]);
    }

    public IEnumerable<MicroInstruction> Take(int count)
    {
        for (var i = 0; i < count; i++)
            yield return Next();
    }

    /// <summary>So many kinds without replacement, in the order in which they are stated.</summary>
    private List<ConstraintKind> Kinds(int count)
    {
        var left = Enum.GetValues<ConstraintKind>().ToList();
        while (left.Count > count)
            left.RemoveAt(dice.Below(left.Count));
        return left;
    }
}
