using SPaR.Abstractions;

namespace SPaR.MicroWorld.Bootstrap;

/// <summary>What the first model is taught: an instruction, a draft, its critique and, where the draft is bad, a mending. Half of the
/// drafts are the imperfect writer's and are to be imitated; the others are more careful and only judged and mended, so that good ones
/// are seen often enough.</summary>
internal sealed class Examples(ulong seed)
{
    private const double Imitated = 0.5, ActWeight = 0.5, JudgeWeight = 2, RefineWeight = 1.5;

    /// <summary>With which probability a mending leaves a broken constraint as it is: the first model is to mend imperfectly.</summary>
    private const double Overlooked = 0.2;

    private readonly Dice _dice = new(seed);
    private readonly InstructionGenerator _instructions = new(new Dice(~seed));

    /// <summary>Never a held-out instruction.</summary>
    public IEnumerable<TrainingRow> Take(int count) => Enumerable.Range(0, count).Select(Next);

    private TrainingRow Next(int number)
    {
        var instruction = _instructions.Next();
        var imitated = _dice.Happens(Imitated);
        var answer = Demonstrator.Write(_dice, instruction, imitated ? 0 : Math.Sqrt(_dice.Uniform()));
        List<ChatForm.Reply> replies =
        [
            new(answer, imitated ? ActWeight : 0),
            new(Critic.Write(instruction, answer), JudgeWeight),
        ];
        if (!Verifier.Satisfies(instruction, answer))
            replies.Add(new(Mended(instruction, answer), RefineWeight));
        var (tokens, weights) = ChatForm.Write(instruction.Text, replies);
        return new($"example {number}", Tokens: tokens, Targets: [.. weights.Select(w => w > 0)], Weights: weights);
    }

    private string Mended(MicroInstruction instruction, string answer)
    {
        var seen = instruction.Constraints.Where(_ => !_dice.Happens(Overlooked)).ToList();
        return string.Join(' ', Repair.All(_dice, instruction, seen, [.. answer.Split(' ')]));
    }
}
