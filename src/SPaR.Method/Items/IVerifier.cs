namespace SPaR.Method.Items;

/// <summary>Checks answers to one instruction exactly: by a program, without a model. Thread-safe; the same answer always gets the same
/// verification.</summary>
public interface IVerifier
{
    Verification Check(string answer);

    /// <summary>A critique of an answer that violates a constraint, as a judge could have written it, without the verdict.</summary>
    string Critique(string answer);
}
