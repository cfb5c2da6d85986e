namespace SPaR.Service.Evaluations;

/// <summary>An evaluation that cannot go on, for a reason that its user can do something about.</summary>
internal sealed class EvaluationException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
