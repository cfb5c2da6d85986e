using System.Globalization;
using SPaR.Torch.Training;

namespace SPaR.Tests.Torch;

public sealed class BestEvaluationTests
{
    [Theory]
    [InlineData(false, 0, "3 2 2.5 2.5 1", "1:3:0 2:2:0 2:2:1 2:2:2 5:1:0")]
    [InlineData(true, 0, "0.5 0.6 0.6 0.4 0.7", "1:0.5:0 2:0.6:0 2:0.6:1 2:0.6:2 5:0.7:0")]
    // The best is remembered however little better it is; patience counts only what improves by more than the threshold.
    [InlineData(false, 0.5, "3 2.8 2.6 2", "1:3:0 2:2.8:1 3:2.6:2 4:2:0")]
    public void The_best_is_remembered_and_evaluations_without_improvement_are_counted(
        bool greaterIsBetter, double threshold, string metrics, string expected)
    {
        BestEvaluation? best = null;
        var states = new List<string>();
        foreach (var (index, metric) in metrics.Split(' ').Index())
        {
            best = BestEvaluation.After(
                best, index + 1, double.Parse(metric, CultureInfo.InvariantCulture), greaterIsBetter, threshold);
            states.Add(string.Create(CultureInfo.InvariantCulture, $"{best.Step}:{best.Metric}:{best.WithoutImprovement}"));
        }

        string.Join(' ', states).ShouldBe(expected);
    }

    [Theory]
    [InlineData("eval_loss", false)]
    [InlineData("eval_nll_loss", false)]
    [InlineData("eval_rewards/margins", true)]
    [InlineData("eval_rewards/accuracies", true)]
    public void Losses_are_better_when_lower_and_rewards_when_higher(string metric, bool greater) =>
        TrainingOptions.IsGreaterBetter(metric).ShouldBe(greater);
}
