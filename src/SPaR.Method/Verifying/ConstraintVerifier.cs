using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.IFEval;
using SPaR.Method.Input;
using SPaR.Method.Items;

namespace SPaR.Method.Verifying;

/// <summary>Checks answers against the constraints of their instruction.</summary>
internal sealed class ConstraintVerifier(IReadOnlyList<Constraint> constraints, string prompt) : IVerifier
{
    private readonly ConstraintSet _set = ConstraintSet.Create(constraints, prompt);

    /// <param name="constraints">As stored.</param>
    /// <returns>Null when there are none, or when they cannot be checked: rows from before constraints were validated at upload may
    /// hold anything.</returns>
    public static ConstraintVerifier? Of(JsonNode? constraints, IReadOnlyList<ChatMessage> messages) => constraints is null
        ? null
        : ConstraintsReader.Read(JsonSerializer.SerializeToElement(constraints), messages[^1].Content, Place.Element(0), []);

    public Verification Check(string answer)
    {
        var verdicts = _set.Check(answer);
        return new([.. _set.Ids.Select((id, i) => new VerifiedConstraint(id, verdicts.Strict[i], verdicts.Loose[i]))]);
    }

    public string Critique(string answer)
    {
        var strict = _set.Check(answer).Strict;
        var missed = constraints.Where((_, i) => !strict[i]).Select(Words);
        return $"A program has checked the response. It does not follow {string.Join("; ", missed)}.";
    }

    /// <summary>Such as <c>length constraints: number words (relation: "at least", num words: 300)</c>.</summary>
    private static string Words(Constraint constraint)
    {
        var name = Plain(constraint.Id.Replace(":", ": ", StringComparison.Ordinal));
        if (constraint.Kwargs.ValueKind != JsonValueKind.Object)
            return name;
        var given = constraint.Kwargs.EnumerateObject().Where(a => a.Value.ValueKind != JsonValueKind.Null)
            .Select(a => $"{Plain(a.Name)}: {a.Value.GetRawText()}").ToList();
        return given.Count == 0 ? name : $"{name} ({string.Join(", ", given)})";
    }

    private static string Plain(string name) => name.Replace('_', ' ');
}
