namespace SPaR.IFEval.Checkers;

/// <summary>One verifiable constraint with its arguments. <see cref="ConstraintRegistry"/> creates it. A check changes no state, so it is
/// thread-safe.</summary>
public interface IConstraintChecker
{
    /// <summary>Whether the response, exactly as given, follows the constraint. <see cref="ConstraintSet"/> handles blank responses and
    /// loose readings.</summary>
    bool IsFollowed(string response);
}
