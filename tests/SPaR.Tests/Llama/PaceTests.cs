using SPaR.Llama.Scheduling;

namespace SPaR.Tests.Llama;

/// <summary>How long what is new waits for what may be continued, by a clock that is set by hand.</summary>
public sealed class PaceTests
{
    private readonly Clock _clock = new();
    private readonly SchedulerWorld _world = new();
    private readonly Pace _pace;

    public PaceTests() => _pace = new(_world.Scheduler, _clock);

    [Fact]
    public void What_is_new_waits_as_long_as_the_last_step_took()
    {
        HoldSomething(stepsTake: 20);
        var other = _world.Ask([7, 6, 5]);

        _pace.Step().ShouldBe(StepOutcome.Resting);
        _pace.Left.ShouldBe(TimeSpan.FromMilliseconds(20));
        _clock.Pass(19);
        _pace.Step().ShouldBe(StepOutcome.Resting);
        _clock.Pass(1);
        _pace.Step().ShouldBe(StepOutcome.Worked);
        other.Waiting.ShouldBeEmpty();
    }

    [Fact]
    public void It_does_not_wait_for_long_however_long_a_step_took()
    {
        HoldSomething(stepsTake: 3000);

        _pace.Left.ShouldBe(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void With_nothing_asked_for_there_is_nothing_to_wait_for()
    {
        HoldSomething(stepsTake: 20);

        _pace.Step().ShouldBe(StepOutcome.Idle);
    }

    /// <summary>A request that ends, and whose caller keeps what was computed for it.</summary>
    private void HoldSomething(int stepsTake)
    {
        _world.Decoder.Evaluating = () => _clock.Pass(stepsTake);
        var held = _world.Ask([1, 2, 3], most: 2, retain: true);
        while (!held.Completion.IsCompleted)
            _pace.Step().ShouldBe(StepOutcome.Worked);
    }

    private sealed class Clock : TimeProvider
    {
        private long _milliseconds;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => _milliseconds;

        public void Pass(int milliseconds) => _milliseconds += milliseconds;
    }
}
