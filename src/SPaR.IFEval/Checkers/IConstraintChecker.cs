namespace SPaR.IFEval.Checkers;

/// <summary>One verifiable constraint, ready to check: made by <see cref="ConstraintRegistry"/> from an id, its arguments and the
/// prompt. Holds no state that a check changes, so many threads may ask it at once.</summary>
public interface IConstraintChecker
{
    /// <summary>Whether the response, exactly as it stands, follows the constraint. What holds for every constraint (an empty
    /// response follows none) and what the loose reading forgives are <see cref="ConstraintSet"/>'s.</summary>
    bool IsFollowed(string response);
}
