using SPaR.Abstractions;

namespace SPaR.MicroWorld;

/// <summary>The tiny language as a benchmark for models.</summary>
public sealed class VerifiableMicroWorld : IVerifiableWorld
{
    private const ulong ProbeSeed = 2025;

    public string Name => "micro-world";

    /// <summary>See <see cref="InstructionGenerator.IsHeldOut"/>.</summary>
    public IReadOnlyList<string> HeldOut(int count) => [.. InstructionGenerator.HeldOut().Take(count).Select(i => i.Text)];

    public IReadOnlyList<Probe> Probes(int count)
    {
        var random = new MicroRandom(ProbeSeed);
        return [.. InstructionGenerator.HeldOut().Take(count).Select(instruction =>
        {
            var answer = Demonstrator.Write(random, instruction);
            return new Probe(
                instruction.Text, answer, Critic.Write(instruction, answer), Verifier.Satisfies(instruction, answer));
        })];
    }

    public bool Satisfies(string prompt, string answer) => Verifier.Satisfies(MicroInstruction.Parse(prompt), answer);
}
