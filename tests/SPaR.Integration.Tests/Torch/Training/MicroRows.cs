using System.Collections.Immutable;
using System.Text.Json;
using SPaR.MicroWorld;

namespace SPaR.Integration.Tests.Torch.Training;

/// <summary>Rows in the micro-world's language: answers drawn at random from its grammar and sorted by the verifier.</summary>
internal static class MicroRows
{
    private const int Begin = 1, End = 2, Turn = 3, TurnEnd = 4;

    /// <summary>One answer that meets every constraint and one that does not.</summary>
    public static ImmutableArray<TrainingRow> Pairs(int count) =>
    [
        .. new InstructionGenerator(new MicroRandom(5)).Take(count).Select((instruction, i) =>
        {
            var random = new MicroRandom((ulong)i);
            return new TrainingRow($"pair_{i}", Prompt(instruction),
                Answer(instruction, random, good: true), Answer(instruction, random, good: false));
        }),
    ];

    /// <summary>The good answers alone, as conversations.</summary>
    public static ImmutableArray<TrainingRow> Conversations(int count) => [.. Pairs(count).Select(p => new TrainingRow(p.Id,
        Tokens: [.. p.Prompt!, .. p.Chosen!],
        Targets: [.. p.Prompt!.Value.Select(_ => false), .. p.Chosen!.Value.Select(_ => true)]))];

    /// <summary>The pairs as lines of an upload in the format <c>trl-standard</c>.</summary>
    public static IEnumerable<string> Preferences(int count) => Pairs(count).Select(p => JsonSerializer.Serialize(new
    {
        prompt = Text(p.Prompt!.Value[2..^1]),
        chosen = Text(p.Chosen!.Value[..^1]),
        rejected = Text(p.Rejected!.Value[..^1]),
    }));

    private static string Text(IEnumerable<int> ids) => string.Join(' ', ids.Select(id => Vocabulary.Tokens[id]));

    private static ImmutableArray<int> Prompt(MicroInstruction instruction) => [Begin, Turn, .. Ids(instruction.Text), TurnEnd];

    private static ImmutableArray<int> Answer(MicroInstruction instruction, MicroRandom random, bool good)
    {
        while (true)
        {
            var text = Draft(instruction, random);
            if (Verifier.Satisfies(instruction, text) == good)
                return [.. Ids(text), End];
        }
    }

    /// <summary>A word that a constraint names is as likely as all others together.</summary>
    private static string Draft(MicroInstruction instruction, MicroRandom random)
    {
        string Pick(ImmutableArray<string> words, ConstraintKind kind) =>
            instruction.Constraints.FirstOrDefault(c => c.Kind == kind) is { } asked && random.Below(2) == 0
                ? asked.Word
                : random.Pick(words);
        var sentences = Enumerable.Range(0, 1 + random.Below(3)).Select(_ => string.Join(' ',
            Pick(Vocabulary.Adverbs, ConstraintKind.Start), "the", random.Pick(Vocabulary.Characters(instruction.Topic)),
            random.Pick(Vocabulary.Verbs), "the", Pick(Vocabulary.Objects, ConstraintKind.Include), random.Pick(Vocabulary.Prepositions),
            "the", Pick(Vocabulary.Places, ConstraintKind.End), "."));
        return string.Join(' ', sentences);
    }

    private static IEnumerable<int> Ids(string text) => text.Split(' ').Select(word => Vocabulary.Tokens.IndexOf(word));
}
