using SPaR.IFEval.Checkers;
using SPaR.IFEval.Text;

namespace SPaR.IFEval;

/// <summary>The constraints of one prompt. Gives a strict and a loose verdict on each for a response (arXiv 2311.07911, section 2.2).
/// </summary>
public sealed class ConstraintSet
{
    private readonly IReadOnlyList<IConstraintChecker> _checkers;

    internal ConstraintSet(IReadOnlyList<string> ids, IReadOnlyList<IConstraintChecker> checkers)
    {
        Ids = ids;
        _checkers = checkers;
    }

    /// <summary>One per constraint, in order.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <exception cref="ConstraintException">With all errors; each field has the prefix <c>constraints[i].</c></exception>
    public static ConstraintSet Create(IReadOnlyList<Constraint> constraints, string prompt)
    {
        var checkers = new List<IConstraintChecker>();
        var errors = new List<ConstraintError>();
        foreach (var (index, constraint) in constraints.Index())
        {
            try
            {
                checkers.Add(ConstraintRegistry.Create(constraint.Id, constraint.Kwargs, prompt));
            }
            catch (ConstraintException e)
            {
                errors.AddRange(e.Errors.Select(error => error with { Field = $"constraints[{index}].{error.Field}" }));
            }
        }

        return errors.Count == 0 ? new([.. constraints.Select(c => c.Id)], checkers) : throw new ConstraintException(errors);
    }

    /// <summary>Strict checks the response as is; loose holds if any of <see cref="LooseReadings"/> follows too. A blank response follows
    /// nothing.</summary>
    public Verdicts Check(string response)
    {
        var readings = LooseReadings.Of(response);
        var strict = new bool[_checkers.Count];
        var loose = new bool[_checkers.Count];
        foreach (var (index, checker) in _checkers.Index())
        {
            strict[index] = !PythonText.IsBlank(response) && checker.IsFollowed(response);
            loose[index] = strict[index] || readings.Any(checker.IsFollowed);
        }

        return new(strict, loose);
    }
}

/// <param name="Strict">One per constraint, in order.</param>
/// <param name="Loose">True wherever strict is true.</param>
public sealed record Verdicts(IReadOnlyList<bool> Strict, IReadOnlyList<bool> Loose)
{
    public bool AllStrict => Strict.All(v => v);

    public bool AllLoose => Loose.All(v => v);
}
