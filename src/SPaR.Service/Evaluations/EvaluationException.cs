namespace SPaR.Service.Evaluations;

/// <summary>An evaluation that cannot continue, for a reason that its user can fix.</summary>
internal sealed class EvaluationException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
