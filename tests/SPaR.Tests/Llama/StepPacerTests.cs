using SPaR.Llama.Scheduling;

namespace SPaR.Tests.Llama;

/// <summary>How long new requests wait for those that may be continued, by a manual clock.</summary>
public sealed class StepPacerTests
{
    private readonly Clock _clock = new();
    private readonly SchedulerWorld _world = new();
    private readonly StepPacer _pacer;

    public StepPacerTests() => _pacer = new(_world.Scheduler, _clock);

    [Fact]
    public void New_requests_wait_as_long_as_the_last_step_took()
    {
        LeaseAPrefix(stepsTake: 20);
        var other = _world.Ask([7, 6, 5]);

        _pacer.Step().ShouldBe(StepOutcome.Pausing);
        _pacer.PauseLeft.ShouldBe(TimeSpan.FromMilliseconds(20));
        _clock.Pass(19);
        _pacer.Step().ShouldBe(StepOutcome.Pausing);
        _clock.Pass(1);
        _pacer.Step().ShouldBe(StepOutcome.Worked);
        other.Waiting.ShouldBeEmpty();
    }

    [Fact]
    public void They_wait_at_most_50_ms()
    {
        LeaseAPrefix(stepsTake: 3000);

        _pacer.PauseLeft.ShouldBe(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void Without_requests_it_is_idle()
    {
        LeaseAPrefix(stepsTake: 20);

        _pacer.Step().ShouldBe(StepOutcome.Idle);
    }

    /// <summary>Runs a request to its end; its caller keeps the prefix.</summary>
    private void LeaseAPrefix(int stepsTake)
    {
        _world.Decoder.Evaluating = () => _clock.Pass(stepsTake);
        var leased = _world.Ask([1, 2, 3], most: 2, retain: true);
        while (!leased.Completion.IsCompleted)
            _pacer.Step().ShouldBe(StepOutcome.Worked);
    }

    private sealed class Clock : TimeProvider
    {
        private long _milliseconds;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => _milliseconds;

        public void Pass(int milliseconds) => _milliseconds += milliseconds;
    }
}
