using SPaR.Method;
using SPaR.Service.Evaluations;

namespace SPaR.Tests.Evaluation;

public sealed class EvaluationViewTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(1);

    [Fact]
    public void What_remains_is_estimated_from_the_pace_of_the_last_results()
    {
        var progress = EvaluationProgress.Of(20, new Dictionary<ResultState, int> { [ResultState.Done] = 9, [ResultState.TooLong] = 1 });

        Remaining(Now, Now.AddSeconds(-2), Now.AddSeconds(-6)).ShouldBe(30);
        Remaining(Now).ShouldBeNull("one result says nothing of the pace");
        Remaining().ShouldBeNull();

        double? Remaining(params DateTimeOffset[] last) => EvaluationView.Of(Running(), progress, last, null).RemainingSeconds;
    }

    [Fact]
    public void Every_state_is_counted() =>
        EvaluationProgress.Of(9, new Dictionary<ResultState, int> { [ResultState.Failed] = 2, [ResultState.TooLong] = 1 })
            .ShouldBe(new(9, 0, 1, 2));

    private static EvaluationRun Running() => new()
    {
        Id = "evl_1",
        Benchmark = "b",
        DataHash = "hash",
        ActorId = "m",
        Recipe = new(),
        Seed = 1,
        Items = 20,
        Status = RunStatus.Running,
        CreatedAt = Now,
    };
}
