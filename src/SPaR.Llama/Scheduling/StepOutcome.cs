namespace SPaR.Llama.Scheduling;

internal enum StepOutcome
{
    Worked,

    /// <summary>There are no requests.</summary>
    Idle,

    /// <summary>Only new requests wait, and a caller may still continue samples that have just ended.</summary>
    Pausing,
}
