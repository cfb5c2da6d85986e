using SPaR.Method.Items;
using SPaR.MicroWorld;

namespace SPaR.Benchmarks.Method;

/// <summary>Checks answers to one instruction of the tiny language, which states its constraints in its own words.</summary>
internal sealed class MicroVerifier(string prompt) : IVerifier
{
    private readonly MicroInstruction _instruction = MicroInstruction.Parse(prompt);

    public Verification Check(string answer) => new(
    [
        .. _instruction.Constraints.Zip(
            Verifier.Check(_instruction, answer), (constraint, met) => new VerifiedConstraint(constraint.Text, met, met)),
    ]);

    /// <summary>The critique of a perfect judge, as in the model's training data, without its last word, the verdict.</summary>
    public string Critique(string answer)
    {
        var critique = Critic.Write(_instruction, answer);
        return critique[..critique.LastIndexOf(' ')];
    }
}
