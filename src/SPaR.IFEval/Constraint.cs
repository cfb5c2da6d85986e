using System.Text.Json;

namespace SPaR.IFEval;

/// <param name="Id">A family and a name, such as <c>keywords:existence</c>; <see cref="ConstraintRegistry.Ids"/> has them all.</param>
/// <param name="Kwargs">The arguments, a JSON object (or undefined, for none). A null stands for an argument that is not given.</param>
public sealed record Constraint(string Id, JsonElement Kwargs);

/// <param name="Field">What is wrong: <c>id</c>, <c>kwargs</c> or <c>kwargs.num_words</c>; in a list of constraints after
/// <c>constraints[1].</c></param>
/// <param name="Message">Why, and what would be right.</param>
public sealed record ConstraintError(string Field, string Message);

/// <summary>A constraint, or several, cannot be checked as given: an unknown id, an argument that is missing, unknown, of the wrong
/// type or out of range.</summary>
public sealed class ConstraintException(IReadOnlyList<ConstraintError> errors)
    : Exception(string.Join(' ', errors.Select(e => $"{e.Field}: {e.Message}")))
{
    /// <summary>All of them, never none.</summary>
    public IReadOnlyList<ConstraintError> Errors { get; } = errors;
}
