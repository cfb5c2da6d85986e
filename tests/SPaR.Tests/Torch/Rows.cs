using System.Collections.Immutable;
using SPaR.Torch.Training;

namespace SPaR.Tests.Torch;

/// <summary>Rows for tests of the training loop.</summary>
internal static class Rows
{
    public static Example Pair(string id, int[] prompt, int[] chosen, int[] rejected) =>
        new(id, [TokenSequence.Of([.. prompt], [.. chosen]), TokenSequence.Of([.. prompt], [.. rejected])]);

    public static Example Conversation(string id, int[] prompt, int[] answer) => new(id, [TokenSequence.Of([.. prompt], [.. answer])]);

    /// <summary>Pairs of various lengths, in a vocabulary of ten.</summary>
    public static ImmutableArray<Example> Pairs(int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => Pair($"pair_{i}", [1, i % 10],
            [.. Enumerable.Range(0, 1 + i * 7 % 5).Select(t => (i + t) % 10)],
            [.. Enumerable.Range(0, 1 + i * 3 % 4).Select(t => (i + 2 * t + 1) % 10)])),
    ];
}
