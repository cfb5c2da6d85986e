using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SPaR.Torch.Training;

/// <summary>A row as the trainer sees it: one sequence for SFT; for DPO the chosen one, then the rejected one.</summary>
internal sealed record Example(string Id, ImmutableArray<TokenSequence> Sides)
{
    /// <summary>Of the longer side.</summary>
    public int Length => Sides.Max(s => s.Tokens.Length);

    /// <summary>Leading tokens that all sides share and that no side is to predict: the prompt of a pair, computed once.</summary>
    public int Stem { get; } = StemOf(Sides);

    /// <summary>What is computed: the stem once, and what is each side's own.</summary>
    public long Tokens => Stem + Sides.Sum(s => (long)s.Tokens.Length - Stem);

    private static int StemOf(ImmutableArray<TokenSequence> sides)
    {
        var (first, stem) = (sides[0], 0);
        while (sides.All(s => stem < s.Tokens.Length && s.Tokens[stem] == first.Tokens[stem] && (stem == 0 || !s.Targets[stem])))
            stem++;
        return sides.Length == 1 ? first.Tokens.Length : stem;
    }
}

/// <param name="Targets">Whether the token at the same place counts in the loss; the first never does, as nothing predicts it.</param>
/// <param name="Weights">How much the token at the same place counts where it is a target. Null: as much as any.</param>
internal sealed record TokenSequence(ImmutableArray<int> Tokens, ImmutableArray<bool> Targets, ImmutableArray<double>? Weights = null)
{
    public int TargetCount => Targets.Skip(1).Count(t => t);

    /// <summary>Of each target, in order.</summary>
    public IEnumerable<double> TargetWeights =>
        Enumerable.Range(1, Tokens.Length - 1).Where(place => Targets[place]).Select(place => Weights?[place] ?? 1);

    /// <summary>A sequence whose last tokens are an answer.</summary>
    public static TokenSequence Of(ImmutableArray<int> prompt, ImmutableArray<int> answer) => new(
        [.. prompt, .. answer], [.. Enumerable.Repeat(false, prompt.Length), .. Enumerable.Repeat(true, answer.Length)]);

    /// <summary>The same for the same tokens and targets, whatever row they stand in.</summary>
    public string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(Tokens.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(Targets.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
