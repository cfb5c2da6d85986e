namespace SPaR.Service.Trainings;

/// <summary>Which failures of a training are permanent.</summary>
internal static class TrainingFailures
{
    // Faults of the data or the options: the same training would fail in the same way.
    private static readonly string[] Permanent =
    [
        "bad-data", "no-data", "no-rows", "no-eval-rows", "identical-pairs", "step-zero", "not-finite", "rewards-stuck", "chosen-collapse",
    ];

    /// <summary>Whether a training that failed with this code can succeed once its cause is fixed.</summary>
    public static bool CanResumeAfter(string code) => !Permanent.Contains(code);
}
