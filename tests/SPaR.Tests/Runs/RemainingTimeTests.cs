using SPaR.Method;
using SPaR.Service.Runs;

namespace SPaR.Tests.Runs;

public sealed class RemainingTimeTests
{
    private static readonly RunPace Pace = new(
        RoundStage.SelfPlay, Done: 10, Total: 30, StageSeconds: 100, RoundSeconds: 100, Items: 10, Tokens: 1000, OpenTokens: 500,
        TokensPerSecond: 10, HasMoreStages: false, RoundsLeft: 0, Finished: []);

    [Fact]
    public void Self_play_takes_the_tokens_that_are_left_at_the_rate_of_now() =>
        RemainingTime.Of(Pace).ShouldBe(new(150, 150, 150), "20 instructions of 100 tokens, of which 500 are generated");

    [Fact]
    public void Before_the_first_instruction_and_without_a_worker_nothing_is_known()
    {
        RemainingTime.Of(Pace with { Items = 0, Tokens = 0 }).ShouldBe(new(null, null, null));
        RemainingTime.Of(Pace with { TokensPerSecond = 0 }).ShouldBe(new(null, null, null));
    }

    [Fact]
    public void Rounds_to_come_are_taken_for_as_long_as_those_before() => RemainingTime.Of(
        Pace with { HasMoreStages = true, RoundsLeft = 2, Finished = [600, 800] }).ShouldBe(new(150, 600, 2000));

    [Fact]
    public void In_the_first_round_of_several_only_the_stage_is_known() => RemainingTime.Of(
        Pace with { HasMoreStages = true, RoundsLeft = 1 }).ShouldBe(new(150, null, null));

    [Fact]
    public void A_training_goes_on_at_its_pace() => RemainingTime.Of(
        Pace with { Stage = RoundStage.TrainActor, Done = 20, Total = 80 }).Stage.ShouldBe(300);
}
