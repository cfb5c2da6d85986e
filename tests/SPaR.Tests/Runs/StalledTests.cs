using SPaR.Service.Lifecycle;
using SPaR.Service.Runs;

namespace SPaR.Tests.Runs;

public sealed class StalledTests
{
    private static readonly Activity Idle = new(WorkPhase.SelfPlay, 1, 4, 0, 0);

    public static TheoryData<int, string?, string?, string> Cases => new()
    {
        { 0, "running", null, "no-worker" },
        { 1, "paused", null, "training-paused" },
        { 1, "queued", null, "training-waits" },
        { 1, "running", null, "no-output" },
        { 1, null, null, "workers-busy" },
        { 1, null, "loading", "loading" },
        { 2, null, "self-play", "no-output" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_reason_is_the_first_thing_that_has_to_change(int workers, string? training, string? phase, string code)
    {
        var activity = phase switch { null => null, "loading" => Idle with { Phase = WorkPhase.Loading }, _ => Idle };

        Stalled.Of(new(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, training, workers), activity).Code.ShouldBe(code);
    }
}
