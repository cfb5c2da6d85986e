using SPaR.Cli.Commands;
using SPaR.Client;

namespace SPaR.Tests.Cli;

public sealed class TrainLineTests
{
    [Fact]
    public void A_line_has_the_step_and_the_last_evaluation()
    {
        var run = SparJson.Deserialize<TrainingRun>(
            """
            {
              "id": "trn_1", "status": "running", "step": 7, "steps": 20, "metrics": { "loss": 0.512345, "rewards/margins": 0.25 },
              "evaluation": { "step": 5, "loss": 0.6, "eval_loss": 0.75, "eval_rewards/accuracies": 0.5, "best_step": 4 }
            }
            """)!;

        TrainCommand.Line(run).ShouldBe(
            "step 7 of 20: loss 0.5123, rewards/margins 0.25; after step 5: eval_loss 0.75, eval_rewards/accuracies 0.5, best_step 4");
        TrainCommand.Line(run with { Evaluation = null }).ShouldBe("step 7 of 20: loss 0.5123, rewards/margins 0.25");
    }
}
