using SPaR.Abstractions;

namespace SPaR.MicroWorld.Bootstrap;

/// <summary>The training examples of the first model: an instruction, a draft, its critique and, if the draft is bad, a refinement. Half of
/// the drafts are imperfect and meant to be imitated. The others are more careful and only judged and refined, so that there are enough
/// good ones.</summary>
internal sealed class Examples(ulong seed)
{
    private const double Imitated = 0.5, ActWeight = 0.5, JudgeWeight = 2, RefineWeight = 1.5;

    /// <summary>The probability that a refinement overlooks a constraint: the first model should refine imperfectly.</summary>
    private const double Overlooked = 0.2;

    private readonly MicroRandom _random = new(seed);
    private readonly InstructionGenerator _instructions = new(new MicroRandom(~seed));

    /// <summary>None has a held-out instruction.</summary>
    public IEnumerable<TrainingRow> Take(int count) => Enumerable.Range(0, count).Select(Next);

    private TrainingRow Next(int number)
    {
        var instruction = _instructions.Next();
        var imitated = _random.Happens(Imitated);
        var answer = Demonstrator.Write(_random, instruction, imitated ? 0 : Math.Sqrt(_random.Uniform()));
        List<ChatFormat.Reply> replies =
        [
            new(answer, imitated ? ActWeight : 0),
            new(Critic.Write(instruction, answer), JudgeWeight),
        ];
        if (!Verifier.Satisfies(instruction, answer))
            replies.Add(new(Refined(instruction, answer), RefineWeight));
        var (tokens, weights) = ChatFormat.Write(instruction.Text, replies);
        return new($"example {number}", Tokens: tokens, Targets: [.. weights.Select(w => w > 0)], Weights: weights);
    }

    private string Refined(MicroInstruction instruction, string answer)
    {
        var seen = instruction.Constraints.Where(_ => !_random.Happens(Overlooked)).ToList();
        return string.Join(' ', Refiner.Refine(_random, instruction, seen, [.. answer.Split(' ')]));
    }
}
