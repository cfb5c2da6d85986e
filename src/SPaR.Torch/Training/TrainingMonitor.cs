using System.Globalization;

namespace SPaR.Torch.Training;

/// <summary>Watches the rewards of each step of a loss with a reference and stops a run that can only waste time, naming the likely
/// cause: rewards that stay at 0, or chosen answers whose probability has collapsed.</summary>
internal sealed class TrainingMonitor(double beta)
{
    /// <summary>Consecutive steps without any reward after which the run is stuck.</summary>
    public const int StuckSteps = 50;

    /// <summary>Rewards closer to 0 than this are rounding.</summary>
    public const double StuckReward = 1e-6;

    /// <summary>Consecutive steps with a collapsed chosen side after which the run is stopped.</summary>
    public const int CollapseSteps = 10;

    /// <summary>Nats per token that the chosen side may lose against the reference: at 3, a token is 20 times less likely.</summary>
    public const double CollapseNats = 3;

    /// <summary>Consecutive steps so far.</summary>
    public int StuckCount { get; private set; }

    /// <summary>Consecutive steps so far.</summary>
    public int CollapsedCount { get; private set; }

    public void Restore(int stuckCount, int collapsedCount) => (StuckCount, CollapsedCount) = (stuckCount, collapsedCount);

    /// <param name="chosenTokens">Target tokens per chosen side, on average.</param>
    /// <exception cref="TrainingFailureException">The run is stuck or has collapsed.</exception>
    public void Observe(long step, double rewardChosen, double rewardRejected, double chosenTokens, double rate)
    {
        // Step 1 is computed with the starting weights, so its rewards are 0 by definition.
        var still = step > 1 && Math.Abs(rewardChosen) < StuckReward && Math.Abs(rewardRejected) < StuckReward;
        StuckCount = still ? StuckCount + 1 : 0;
        if (StuckCount >= StuckSteps)
            throw new TrainingFailureException(FailureCode.RewardsStuck, string.Create(CultureInfo.InvariantCulture,
                $"Both rewards stayed at 0 for {StuckSteps} steps, up to step {step}: the weights do not move. The learning rate "
                + $"({rate:g3} now) is too small for them, or the adapter's targets get no gradient. Raise learning_rate or beta."));

        var lost = -rewardChosen / beta / chosenTokens; // nats per token below the reference
        CollapsedCount = lost > CollapseNats ? CollapsedCount + 1 : 0;
        if (CollapsedCount >= CollapseSteps)
            throw new TrainingFailureException(FailureCode.ChosenCollapse, string.Create(CultureInfo.InvariantCulture,
                $"The chosen answers are {lost:g3} nats per token less likely than under the reference, for {CollapseSteps} steps up to "
                + $"step {step}: the model unlearns both sides. Lower learning_rate, or raise rpo_alpha or beta."));
    }
}
