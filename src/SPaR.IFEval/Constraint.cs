using System.Text.Json;

namespace SPaR.IFEval;

/// <param name="Id">A family and a name, such as <c>keywords:existence</c>; <see cref="ConstraintRegistry.Ids"/> has them all.</param>
/// <param name="Kwargs">The arguments as a JSON object; undefined for none. A null value counts as not given.</param>
public sealed record Constraint(string Id, JsonElement Kwargs);

/// <param name="Field"><c>id</c>, <c>kwargs</c> or such as <c>kwargs.num_words</c>; in a list of constraints with the prefix
/// <c>constraints[1].</c></param>
/// <param name="Message">What is wrong, and what would be right.</param>
public sealed record ConstraintError(string Field, string Message);

/// <summary>Constraints cannot be checked as given: an id is unknown, or an argument is missing, unknown, of the wrong type or out of
/// range.</summary>
public sealed class ConstraintException(IReadOnlyList<ConstraintError> errors)
    : Exception(string.Join(' ', errors.Select(e => $"{e.Field}: {e.Message}")))
{
    /// <summary>At least one.</summary>
    public IReadOnlyList<ConstraintError> Errors { get; } = errors;
}
