namespace SPaR.Method.Input;

/// <summary>One thing wrong with an input.</summary>
/// <param name="Field">The path as the user wrote it: <c>recipe.refine.depth</c>, <c>line 3: prompt</c>.</param>
/// <param name="Message">What is wrong, and what would be right.</param>
public sealed record FieldError(string Field, string Message);

/// <summary>An invalid input; nothing of it was stored.</summary>
/// <param name="code">Stable: <c>invalid-recipe</c>, <c>invalid-instructions</c>, …</param>
public sealed class InvalidInputException(string code, IReadOnlyList<FieldError> errors)
    : Exception(string.Join(" ", errors.Select(e => $"{e.Field}: {e.Message}")))
{
    public string Code { get; } = code;

    public IReadOnlyList<FieldError> Errors { get; } = errors;
}
