using SPaR.Evaluation.Statistics;
using SPaR.Method;
using SPaR.Method.Recipes;
using SPaR.Service.Rounds;

namespace SPaR.Tests.Runs;

public sealed class RollbackRuleTests
{
    private static readonly RollbackOptions Rule = new() { Benchmark = "micro-world", Measure = "actor_accuracy", Tolerance = 0.02 };

    [Theory]
    [InlineData(0.31, 0.40, false)]
    [InlineData(0.31, 0.31, false)]
    [InlineData(0.50, 0.48, false)]
    [InlineData(0.31, 0.28, true)]
    public void A_round_is_worse_when_the_mean_falls_by_more_than_the_tolerance(double before, double now, bool worse) =>
        (RollbackRule.Worse(Rule, Round(1, before), Round(2, now)) is not null).ShouldBe(worse);

    [Fact]
    public void The_detail_gives_the_figures() => RollbackRule.Worse(Rule, Round(1, 0.31), Round(2, 0.2256)).ShouldBe(
        "Round 2 is rolled back: actor_accuracy of micro-world went from 0.31 to 0.2256, and 0.02 less is allowed. "
        + "The run ends with the models that round 2 started with.");

    [Fact]
    public void Without_a_rule_or_a_round_before_nothing_is_worse()
    {
        RollbackRule.Worse(null, Round(1, 0.9), Round(2, 0)).ShouldBeNull();
        RollbackRule.Worse(Rule, null, Round(0, 0)).ShouldBeNull();
        RollbackRule.Worse(Rule, Round(0, 0.9), Round(1, null)).ShouldBeNull("not measured yet");
    }

    [Fact]
    public void A_measure_that_is_not_among_those_measured_is_named_with_those_that_are()
    {
        RollbackRule.Unmeasured(Rule, Round(0, 0.5)).ShouldBeNull();
        RollbackRule.Unmeasured(Rule, Round(0, null)).ShouldBeNull("not measured yet");
        RollbackRule.Unmeasured(Rule with { Measure = "speed" }, Round(0, 0.5)).ShouldBe(
            "recipe.rollback.measure is 'speed', which micro-world does not measure; it measures actor_accuracy. "
            + "Start a run with one of these");
    }

    private static RunRound Round(int round, double? mean) => new()
    {
        RunId = "run",
        Round = round,
        Stage = RoundStage.Evaluate,
        ActorId = "a",
        RefinerId = "r",
        JudgeId = "r",
        RolledBack = false,
        StartedAt = DateTimeOffset.UnixEpoch,
        StageAt = DateTimeOffset.UnixEpoch,
        Evaluation = mean is not { } value ? null : new Dictionary<string, IReadOnlyDictionary<string, Measure>>
        {
            ["micro-world"] = new Dictionary<string, Measure> { ["actor_accuracy"] = new(value, 0, 1, 500) },
        },
    };
}
