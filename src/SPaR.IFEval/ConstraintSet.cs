using SPaR.IFEval.Checkers;
using SPaR.IFEval.Text;

namespace SPaR.IFEval;

/// <summary>The constraints of one prompt. Gives for a response a strict and a loose verdict on each (arXiv 2311.07911, section 2.2).
/// </summary>
public sealed class ConstraintSet
{
    private readonly IReadOnlyList<IConstraintChecker> _checkers;

    internal ConstraintSet(IReadOnlyList<string> ids, IReadOnlyList<IConstraintChecker> checkers)
    {
        Ids = ids;
        _checkers = checkers;
    }

    /// <summary>One for each constraint, in order.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <exception cref="ConstraintException">With the errors of all constraints, each field after <c>constraints[i].</c></exception>
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

    /// <summary>Strict takes the response as it is; loose holds when any of <see cref="LooseReadings"/> follows. A blank text follows
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

/// <param name="Strict">One for each constraint, in order.</param>
/// <param name="Loose">Likewise; wherever strict is true, loose is.</param>
public sealed record Verdicts(IReadOnlyList<bool> Strict, IReadOnlyList<bool> Loose)
{
    public bool AllStrict => Strict.All(v => v);

    public bool AllLoose => Loose.All(v => v);
}
