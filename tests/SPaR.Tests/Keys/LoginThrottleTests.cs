using SPaR.Service.Keys;

namespace SPaR.Tests.Keys;

public sealed class LoginThrottleTests
{
    private readonly Clock _clock = new();
    private readonly LoginThrottle _throttle;

    public LoginThrottleTests() => _throttle = new(_clock);

    [Fact]
    public void Four_failures_are_free_and_the_fifth_costs_a_second()
    {
        Fail("a", LoginThrottle.FirstThrottled - 1);
        _throttle.WaitOf("a").ShouldBe(TimeSpan.Zero);
        _throttle.Failed("a");
        _throttle.WaitOf("a").ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Each_further_failure_doubles_the_wait_up_to_five_minutes()
    {
        Fail("a", LoginThrottle.FirstThrottled);
        var waits = new List<double>();
        for (var i = 0; i < 11; i++)
        {
            waits.Add(_throttle.WaitOf("a").TotalSeconds);
            _clock.Pass(_throttle.WaitOf("a"));
            _throttle.WaitOf("a").ShouldBe(TimeSpan.Zero);
            _throttle.Failed("a");
        }

        waits.ShouldBe([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }

    [Fact]
    public void The_wait_passes_with_time()
    {
        Fail("a", LoginThrottle.FirstThrottled + 2);
        _clock.Pass(TimeSpan.FromSeconds(1));
        _throttle.WaitOf("a").ShouldBe(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public void A_success_clears_its_own_count_only()
    {
        Fail("a", 10);
        Fail("b", 10);
        _throttle.Succeeded("a");

        _throttle.WaitOf("a").ShouldBe(TimeSpan.Zero);
        _throttle.WaitOf("b").ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public void Ten_minutes_without_a_failure_clear_the_count()
    {
        Fail("a", 20);
        _clock.Pass(TimeSpan.FromMinutes(10));
        _throttle.Failed("a");

        _throttle.WaitOf("a").ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Any_number_of_addresses_takes_bounded_memory_and_the_quietest_is_forgotten_first()
    {
        Fail("first", 10);
        for (var i = 0; i < LoginThrottle.MaxTracked; i++)
        {
            _clock.Pass(TimeSpan.FromMilliseconds(1));
            _throttle.Failed($"{i}");
        }

        _throttle.Count.ShouldBe(LoginThrottle.MaxTracked);
        _throttle.WaitOf("first").ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Many_may_fail_at_once()
    {
        Parallel.For(0, 1000, _ => _throttle.Failed("a"));
        _throttle.WaitOf("a").ShouldBe(LoginThrottle.LongestWait);
    }

    private void Fail(string who, int times)
    {
        for (var i = 0; i < times; i++)
            _throttle.Failed(who);
    }

    private sealed class Clock : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => _now;

        public void Pass(TimeSpan time) => _now += time;
    }
}
