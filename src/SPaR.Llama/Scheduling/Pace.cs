namespace SPaR.Llama.Scheduling;

/// <summary>Takes a model's steps and times them. Trees are finished before more are begun, and between its levels a tree has nothing to
/// ask for a moment: so where nothing runs, what is new waits for as long as the step before took.</summary>
internal sealed class Pace(Scheduler scheduler, TimeProvider time)
{
    /// <summary>A caller that takes longer is doing something else.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(50);

    private long _ended;
    private TimeSpan _rest;

    /// <summary>Until something new may be begun; zero or less when it may.</summary>
    public TimeSpan Left => _rest - time.GetElapsedTime(_ended);

    public StepOutcome Step()
    {
        var began = time.GetTimestamp();
        var outcome = scheduler.Step(rested: Left <= TimeSpan.Zero);
        if (outcome is StepOutcome.Worked)
        {
            _ended = time.GetTimestamp();
            _rest = time.GetElapsedTime(began, _ended);
            if (_rest > LongestRest)
                _rest = LongestRest;
        }

        return outcome;
    }
}
