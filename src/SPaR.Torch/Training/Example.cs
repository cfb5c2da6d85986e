using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SPaR.Torch.Training;

/// <summary>A row as the trainer sees it: one sequence for SFT; for DPO the chosen one, then the rejected one.</summary>
internal sealed record Example(string Id, ImmutableArray<TokenSequence> Sides)
{
    /// <summary>The dataset that it is from, where there are several, from 0.</summary>
    public int Set { get; init; }

    /// <summary>Of the longer side.</summary>
    public int Length => Sides.Max(s => s.Tokens.Length);

    /// <summary>How many leading tokens all sides share: a pair's prompt and the common beginning of its answers. They are computed
    /// once.</summary>
    public int SharedPrefix { get; } = SharedPrefixOf(Sides);

    /// <summary>Tokens to compute: the shared prefix once, then each side's own.</summary>
    public long Tokens => SharedPrefix + Sides.Sum(s => (long)s.Tokens.Length - SharedPrefix);

    private static int SharedPrefixOf(ImmutableArray<TokenSequence> sides)
    {
        var (first, shared) = (sides[0], 0);
        while (sides.All(s => shared < s.Tokens.Length && s.Tokens[shared] == first.Tokens[shared]
            && s.Targets[shared] == first.Targets[shared]))
            shared++;
        return shared;
    }
}

/// <param name="Targets">Whether the token at the same index counts in the loss. The first never does, as nothing predicts it.</param>
/// <param name="Weights">How much the token at the same index counts where it is a target. Null: all count the same.</param>
internal sealed record TokenSequence(ImmutableArray<int> Tokens, ImmutableArray<bool> Targets, ImmutableArray<double>? Weights = null)
{
    public int TargetCount => Targets.Skip(1).Count(t => t);

    /// <summary>Of each target, in order.</summary>
    public IEnumerable<double> TargetWeights =>
        Enumerable.Range(1, Tokens.Length - 1).Where(index => Targets[index]).Select(index => Weights?[index] ?? 1);

    /// <summary>A sequence that ends with an answer, whose tokens are the targets.</summary>
    public static TokenSequence Of(ImmutableArray<int> prompt, ImmutableArray<int> answer) => new(
        [.. prompt, .. answer], [.. Enumerable.Repeat(false, prompt.Length), .. Enumerable.Repeat(true, answer.Length)]);

    /// <summary>Depends on tokens and targets only, not on the row.</summary>
    public string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(Tokens.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(Targets.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
