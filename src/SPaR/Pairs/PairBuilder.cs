using System.Security.Cryptography;
using System.Text;
using SPaR.Refinement;
using SPaR.Runs;
using SPaR.Verifying;

namespace SPaR.Pairs;

/// <summary>A pair, or why there is none: <c>no-child</c>, <c>budget</c> or <c>not-accepted</c>.</summary>
internal readonly record struct PairOutcome(Pair? Pair, string? Failure);

/// <summary>Decides whether a search gave a pair. Asks nobody and stores nothing.</summary>
internal static class PairBuilder
{
    public static PairOutcome Build(Walk walk, SearchResult search)
    {
        var root = search.Tree.Root;
        if (search.Final is not { } final)
            return new(null, "no-child");
        // With a low bar the rejected answer itself could come back as the best node; it is no better than itself.
        if (final.Value > walk.Recipe.Pair.Accept && final.Text != root.Text)
        {
            return new(
                Pair(
                    walk, new(final.Text, final.Path, final.Value, final.Row.Verifier),
                    new(root.Text, root.Judgement.Subject, root.Value, root.Row.Verifier)),
                null);
        }

        return new(null, search.Tree.Nodes.Count >= walk.Recipe.Refine.Budget ? "budget" : "not-accepted");
    }

    public static Pair Pair(Walk walk, Side chosen, Side rejected) => new()
    {
        Id = Id(walk.Key),
        RunId = walk.Key.RunId,
        Round = walk.Key.Round,
        InstructionId = walk.Key.InstructionId,
        Chosen = chosen.Text,
        ChosenFrom = chosen.Subject,
        ChosenValue = chosen.Value,
        ChosenVerifier = chosen.Verifier,
        Rejected = rejected.Text,
        RejectedFrom = rejected.Subject,
        RejectedValue = rejected.Value,
        RejectedVerifier = rejected.Verifier,
        Similarity = Similarity.Of(
            walk.Players.Actor.Tokenize(chosen.Text).AsSpan(), walk.Players.Actor.Tokenize(rejected.Text).AsSpan()),
    };

    private static string Id(ItemKey key)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{key.RunId}/{key.Round}/{key.InstructionId}"));
        return $"pair_{Convert.ToHexStringLower(hash.AsSpan(0, 16))}";
    }
}

/// <summary>One side of a pair.</summary>
internal readonly record struct Side(string Text, string Subject, double Value, Verification? Verifier);
