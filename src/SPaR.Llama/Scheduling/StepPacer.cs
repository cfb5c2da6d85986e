namespace SPaR.Llama.Scheduling;

/// <summary>Runs a model's steps and delays new requests briefly. Trees finish before new ones start, but between two levels a tree asks
/// for nothing for a moment. So when nothing runs, new requests wait for as long as the last step took.</summary>
internal sealed class StepPacer(Scheduler scheduler, TimeProvider time)
{
    /// <summary>A caller that takes longer than this will not continue its samples.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    private long _ended;
    private TimeSpan _pause;

    /// <summary>The time until new requests may start; zero or less if they may.</summary>
    public TimeSpan PauseLeft => _pause - time.GetElapsedTime(_ended);

    public StepOutcome Step()
    {
        var started = time.GetTimestamp();
        var outcome = scheduler.Step(admitNew: PauseLeft <= TimeSpan.Zero);
        if (outcome is StepOutcome.Worked)
        {
            _ended = time.GetTimestamp();
            _pause = time.GetElapsedTime(started, _ended);
            if (_pause > LongestPause)
                _pause = LongestPause;
        }

        return outcome;
    }
}
