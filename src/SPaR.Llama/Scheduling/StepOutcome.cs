namespace SPaR.Llama.Scheduling;

internal enum StepOutcome
{
    Worked,

    /// <summary>Nothing is asked for.</summary>
    Idle,

    /// <summary>Only new work is asked for, and what has just ended may yet be continued.</summary>
    Resting,
}
