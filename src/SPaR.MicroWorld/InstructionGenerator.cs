using System.Security.Cryptography;
using System.Text;

namespace SPaR.MicroWorld;

/// <summary>Generates instructions: a topic, then two to four constraints of distinct kinds. Knows nothing of answers.</summary>
/// <remarks>One instruction in sixteen is held out: no generator returns it for training, whatever its seed, so that models are measured on
/// instructions they were never trained on. The instruction's text alone decides.</remarks>
public sealed class InstructionGenerator(MicroRandom random)
{
    private const int FewestConstraints = 2;
    private const int MostConstraints = 4;
    private const ulong HeldOutSeed = 2024;
    private const byte HeldOutBytes = 16; // of 256

    /// <summary>An endless sequence of held-out instructions, always the same.</summary>
    public static IEnumerable<MicroInstruction> HeldOut() =>
        new InstructionGenerator(new MicroRandom(HeldOutSeed)).Draw().Where(IsHeldOut);

    /// <summary>Whether it is reserved for evaluation.</summary>
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
        var topic = random.Pick(Vocabulary.Topics);
        var count = FewestConstraints + random.Below(MostConstraints - FewestConstraints + 1);
        var constraints = Kinds(count).Select(kind => new Constraint(kind, random.Pick(Constraint.Words(kind, topic))));
        return new(topic, [.. constraints]);
    }

    public IEnumerable<MicroInstruction> Take(int count)
    {
        for (var i = 0; i < count; i++)
            yield return Next();
    }

    /// <summary>That many distinct kinds, in the order in which they are stated.</summary>
    private List<ConstraintKind> Kinds(int count)
    {
        var left = Enum.GetValues<ConstraintKind>().ToList();
        while (left.Count > count)
            left.RemoveAt(random.Below(left.Count));
        return left;
    }
}
