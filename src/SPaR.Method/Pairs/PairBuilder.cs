using System.Security.Cryptography;
using System.Text;
using SPaR.Method.Items;
using SPaR.Method.Refinement;

namespace SPaR.Method.Pairs;

/// <summary>A pair, or why there is none: <c>no-child</c>, <c>budget</c> or <c>not-accepted</c>.</summary>
internal readonly record struct PairOutcome(Pair? Pair, string? Failure);

/// <summary>Decides whether a search gave a pair. Asks no model and stores nothing.</summary>
internal static class PairBuilder
{
    public static PairOutcome Build(ItemRun item, SearchResult search)
    {
        var root = search.Tree.Root;
        if (search.Final is not { } final)
            return new(null, "no-child");
        // If accept is low, the rejected answer itself may come back as the best node; it is no better than itself.
        if (final.Value > item.Recipe.Pair.Accept && final.Text != root.Text)
        {
            return new(
                Pair(
                    item, new(final.Text, final.Path, final.Value, final.Row.Verifier),
                    new(root.Text, root.Judgement.Subject, root.Value, root.Row.Verifier)),
                null);
        }

        return new(null, search.Tree.Nodes.Count >= item.Recipe.Refine.Budget ? "budget" : "not-accepted");
    }

    public static Pair Pair(ItemRun item, Side chosen, Side rejected) => new()
    {
        Id = Id(item.Key),
        RunId = item.Key.RunId,
        Round = item.Key.Round,
        InstructionId = item.Key.InstructionId,
        Chosen = chosen.Text,
        ChosenFrom = chosen.Subject,
        ChosenValue = chosen.Value,
        ChosenVerifier = chosen.Verifier,
        Rejected = rejected.Text,
        RejectedFrom = rejected.Subject,
        RejectedValue = rejected.Value,
        RejectedVerifier = rejected.Verifier,
        Similarity = Similarity.Of(
            item.Models.Actor.Tokenize(chosen.Text).AsSpan(), item.Models.Actor.Tokenize(rejected.Text).AsSpan()),
    };

    private static string Id(ItemKey key)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{key.RunId}/{key.Round}/{key.InstructionId}"));
        return $"pair_{Convert.ToHexStringLower(hash.AsSpan(0, 16))}";
    }
}

/// <summary>One side of a pair.</summary>
internal readonly record struct Side(string Text, string Subject, double Value, Verification? Verifier);
