using SPaR.Torch;
using SPaR.Torch.Training;

namespace SPaR.Tests.Torch;

public sealed class WatchTests
{
    [Fact]
    public void Rewards_that_stay_at_0_are_a_failure()
    {
        var watch = new Watch(0.1);

        var failure = Should.Throw<TrainingFailureException>(() => See(watch, 0, 0, steps: 100));

        failure.Code.ShouldBe("rewards-stuck");
        failure.Message.ShouldContain("up to step 51");
        failure.Message.ShouldContain("learning_rate");
    }

    [Fact]
    public void Rewards_that_move_now_and_then_are_fine()
    {
        var watch = new Watch(0.1);
        for (var round = 0; round < 10; round++)
        {
            See(watch, 0, 0, steps: 40);
            See(watch, 1e-4, 0, steps: 1);
        }
    }

    [Fact]
    public void A_chosen_side_that_becomes_unlikely_is_a_failure()
    {
        var watch = new Watch(0.1);
        // 40 nats over 10 tokens: 4 per token.
        var failure = Should.Throw<TrainingFailureException>(() => See(watch, -4, -8, steps: 10));

        failure.Code.ShouldBe("chosen-collapse");
        failure.Message.ShouldContain("lost 4 nats per token");
        See(new Watch(0.1), -2, -8, steps: 100);
    }

    [Fact]
    public void A_watch_goes_on_where_it_was_saved()
    {
        var watch = new Watch(0.1);
        See(watch, -4, -8, steps: 9);
        var next = new Watch(0.1);
        next.Restore(watch.Stuck, watch.Fallen);

        Should.Throw<TrainingFailureException>(() => See(next, -4, -8, steps: 1)).Code.ShouldBe("chosen-collapse");
    }

    [Theory]
    [InlineData(0.0009, 0.69315, false)]
    [InlineData(0.0011, 0.69315, true)]
    [InlineData(0, 0.6951, true)]
    [InlineData(double.NaN, 0.69315, true)]
    [InlineData(0, double.NaN, true)]
    public void Before_the_first_step_margins_are_0_and_the_loss_is_ln_2(double margin, double preference, bool fails)
    {
        var check = () => StepZeroCheck.Require("pair_1", margin, preference);
        if (!fails)
            check.ShouldNotThrow();
        else
            check.ShouldThrow<TrainingFailureException>().Row.ShouldBe("pair_1");
    }

    private static void See(Watch watch, double chosen, double rejected, int steps)
    {
        for (var step = 1; step <= steps; step++)
            watch.See(step, chosen, rejected, chosenTokens: 10, rate: 1e-6);
    }
}
