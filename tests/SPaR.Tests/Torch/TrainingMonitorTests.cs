using SPaR.Torch;
using SPaR.Torch.Training;

namespace SPaR.Tests.Torch;

public sealed class TrainingMonitorTests
{
    [Fact]
    public void Rewards_that_stay_at_0_are_a_failure()
    {
        var monitor = new TrainingMonitor(0.1);

        var failure = Should.Throw<TrainingFailureException>(() => Observe(monitor, 0, 0, steps: 100));

        failure.Code.ShouldBe("rewards-stuck");
        failure.Message.ShouldContain("step 51");
        failure.Message.ShouldContain("learning_rate");
    }

    [Fact]
    public void Rewards_that_move_now_and_then_are_fine()
    {
        var monitor = new TrainingMonitor(0.1);
        for (var round = 0; round < 10; round++)
        {
            Observe(monitor, 0, 0, steps: 40);
            Observe(monitor, 1e-4, 0, steps: 1);
        }
    }

    [Fact]
    public void A_chosen_side_that_becomes_unlikely_is_a_failure()
    {
        var monitor = new TrainingMonitor(0.1);
        // 40 nats over 10 tokens: 4 per token.
        var failure = Should.Throw<TrainingFailureException>(() => Observe(monitor, -4, -8, steps: 10));

        failure.Code.ShouldBe("chosen-collapse");
        failure.Message.ShouldContain("4 nats per token");
        Observe(new TrainingMonitor(0.1), -2, -8, steps: 100);
    }

    [Fact]
    public void A_monitor_resumes_where_it_was_saved()
    {
        var monitor = new TrainingMonitor(0.1);
        Observe(monitor, -4, -8, steps: 9);
        var next = new TrainingMonitor(0.1);
        next.Restore(monitor.StuckCount, monitor.CollapsedCount);

        Should.Throw<TrainingFailureException>(() => Observe(next, -4, -8, steps: 1)).Code.ShouldBe("chosen-collapse");
    }

    [Theory]
    [InlineData(0.0009, 0.69315, false)]
    [InlineData(0.0011, 0.69315, true)]
    [InlineData(0, 0.6951, true)]
    [InlineData(double.NaN, 0.69315, true)]
    [InlineData(0, double.NaN, true)]
    [InlineData(0, 25.02, false, 25.0)]
    [InlineData(0, 25.03, true, 25.0)]
    [InlineData(0, 123, false, null)]
    [InlineData(0.0011, 123, true, null)]
    public void Before_the_first_step_margins_are_0_and_the_loss_is_what_its_formula_says(
        double margin, double preference, bool fails, double? expected = 0.693147)
    {
        var check = () => StepZeroCheck.Require("pair_1", margin, preference, expected);
        if (!fails)
            check.ShouldNotThrow();
        else
            check.ShouldThrow<TrainingFailureException>().Row.ShouldBe("pair_1");
    }

    private static void Observe(TrainingMonitor monitor, double chosen, double rejected, int steps)
    {
        for (var step = 1; step <= steps; step++)
            monitor.Observe(step, chosen, rejected, chosenTokens: 10, rate: 1e-6);
    }
}
