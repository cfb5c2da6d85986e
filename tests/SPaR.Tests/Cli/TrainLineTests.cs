using SPaR.Cli.Client;
using SPaR.Cli.Commands;

namespace SPaR.Tests.Cli;

public sealed class TrainLineTests
{
    [Fact]
    public void A_line_has_the_step_and_the_last_evaluation()
    {
        var run = new TrainingRunView(
            "trn_1", "running", 7, 20, null, new() { ["loss"] = 0.512345, ["rewards/margins"] = 0.25 },
            new() { ["step"] = 5, ["loss"] = 0.6, ["eval_loss"] = 0.75, ["eval_rewards/accuracies"] = 0.5, ["best_step"] = 4.0 },
            null, null, null, null);

        TrainCommand.Line(run).ShouldBe(
            "step 7 of 20: loss 0.5123, rewards/margins 0.25; after step 5: eval_loss 0.75, eval_rewards/accuracies 0.5, best_step 4");
        TrainCommand.Line(run with { Evaluation = null }).ShouldBe("step 7 of 20: loss 0.5123, rewards/margins 0.25");
    }
}
