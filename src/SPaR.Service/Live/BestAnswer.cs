using SPaR.Method.Items;

namespace SPaR.Service.Live;

/// <summary>The best answer that a refinement has found.</summary>
/// <param name="Subject"><c>a0</c>, <c>a1</c>, … for an answer, the path (<c>r.0.1</c>) for a refinement of one.</param>
/// <param name="Value">Null if it was not judged, or no vote could be read.</param>
/// <param name="Verifier">Which constraints it follows; null without constraints.</param>
/// <param name="Reasoning">What the model thought before it; null if it did not.</param>
/// <param name="Truncated">Whether the token limit cut it off.</param>
internal sealed record BestAnswer(
    string Subject, string Text, double? Value, Label? Label, Verification? Verifier, string? Reasoning, bool Truncated)
{
    /// <returns>The accepted refinement; without one, what has the highest value, the first of equals; null if nothing was
    /// answered.</returns>
    public static BestAnswer? Of(ItemRecord rows, Pair? pair)
    {
        var nodes = rows.Nodes.Where(n => n is { Order: > 0 }).OrderBy(n => n.Order)
            .Select(n => new BestAnswer(n.Path, n.Text, n.Value, n.Label, n.Verifier, n.Reasoning, n.Truncated)).ToList();
        if (pair is not null)
            return nodes.Single(n => n.Subject == pair.ChosenFrom);
        var answers = rows.Answers.OrderBy(a => a.Index).Select(a => Of(a, rows.Judgements));
        return answers.Concat(nodes).MaxBy(candidate => candidate.Value ?? -1);
    }

    private static BestAnswer Of(Answer answer, IReadOnlyList<Judgement> judgements)
    {
        var judgement = judgements.LastOrDefault(j => j.Subject == $"a{answer.Index}");
        return new(
            $"a{answer.Index}", answer.Text, judgement?.Value, judgement?.Label, answer.Verifier, answer.Reasoning, answer.Truncated);
    }
}
