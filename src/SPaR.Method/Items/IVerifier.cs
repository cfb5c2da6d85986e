namespace SPaR.Method.Items;

/// <summary>Checks answers to one instruction exactly: by program, with no model. A check changes nothing, so many threads may ask at once,
/// and the same answer gets the same verification every time.</summary>
public interface IVerifier
{
    Verification Check(string answer);

    /// <summary>What a judge could have written about an answer that violates a constraint, without the verdict.</summary>
    string Critique(string answer);
}
