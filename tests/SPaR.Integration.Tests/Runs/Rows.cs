using SPaR.Method.Items;

namespace SPaR.Integration.Tests.Runs;

/// <summary>Rows of an item, as small as they get.</summary>
internal static class Rows
{
    public static Answer Answer(ItemKey key, int index, ulong seed = ulong.MaxValue) => new()
    {
        RunId = key.RunId,
        Round = key.Round,
        InstructionId = key.InstructionId,
        Index = index,
        Text = $"answer {index}",
        Tokens = [1, 2, 3],
        Truncated = false,
        Seed = seed,
        ModelHash = "m",
        PromptHash = "p",
    };

    public static Judgement Judgement(ItemKey key, string subject) => new()
    {
        RunId = key.RunId,
        Round = key.Round,
        InstructionId = key.InstructionId,
        Subject = subject,
        Attempt = 0,
        Votes = [new(Verdict.No, "No.", [4, 5], false, 9)],
        Label = Label.Bad,
        Value = 0,
        Critique = 0,
        ModelHash = "m",
        PromptHash = "p",
    };

    public static Node Node(ItemKey key, string path, NodeOutcome outcome, double? value = null) => new()
    {
        RunId = key.RunId,
        Round = key.Round,
        InstructionId = key.InstructionId,
        Path = path,
        Depth = 1,
        Outcome = outcome,
        Text = "mended",
        Tokens = [6],
        Reply = "mended",
        Truncated = false,
        Attempts = 1,
        Seed = 3,
        Value = value,
        ModelHash = "m",
        PromptHash = "p",
    };

    public static Pair Pair(ItemKey key) => new()
    {
        Id = $"pair_{key.InstructionId}",
        RunId = key.RunId,
        Round = key.Round,
        InstructionId = key.InstructionId,
        Chosen = "good",
        ChosenFrom = "r.0",
        ChosenValue = 1,
        Rejected = "bad",
        RejectedFrom = "a0",
        RejectedValue = 0,
        Similarity = 0.5,
    };
}
