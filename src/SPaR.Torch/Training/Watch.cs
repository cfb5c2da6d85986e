using System.Globalization;

namespace SPaR.Torch.Training;

/// <summary>Looks at the figures of each step and stops a run that can only waste time, with the likely cause.</summary>
internal sealed class Watch(double beta)
{
    /// <summary>Steps in a row after which rewards that do not move are a fault.</summary>
    public const int StuckSteps = 50;

    /// <summary>Rewards nearer to 0 than this are rounding.</summary>
    public const double StuckReward = 1e-6;

    /// <summary>Steps in a row after which a fallen chosen side is a fault.</summary>
    public const int CollapseSteps = 10;

    /// <summary>Nats per token that the chosen side may lose against the reference: at 3, a token is 20 times less likely.</summary>
    public const double CollapseNats = 3;

    /// <summary>Steps in a row until now.</summary>
    public int Stuck { get; private set; }

    public int Fallen { get; private set; }

    public void Restore(int stuck, int fallen) => (Stuck, Fallen) = (stuck, fallen);

    /// <param name="chosenTokens">Target tokens per chosen side, on average.</param>
    /// <exception cref="TrainingFailureException"/>
    public void See(long step, double rewardChosen, double rewardRejected, double chosenTokens, double rate)
    {
        // Step 1 is computed with the starting weights, so that its rewards are 0 by definition.
        var still = step > 1 && Math.Abs(rewardChosen) < StuckReward && Math.Abs(rewardRejected) < StuckReward;
        Stuck = still ? Stuck + 1 : 0;
        if (Stuck >= StuckSteps)
            throw new TrainingFailureException(FailureCode.RewardsStuck, string.Create(CultureInfo.InvariantCulture,
                $"The rewards of both sides stayed at 0 for {StuckSteps} steps, up to step {step}: the weights do not move. The learning "
                + $"rate ({rate:g3} now) is too small for them, or the adapter's targets get no gradient. Raise learning_rate or beta."));

        var lost = -rewardChosen / beta / chosenTokens; // nats per token below the reference
        Fallen = lost > CollapseNats ? Fallen + 1 : 0;
        if (Fallen >= CollapseSteps)
            throw new TrainingFailureException(FailureCode.ChosenCollapse, string.Create(CultureInfo.InvariantCulture,
                $"The chosen answers lost {lost:g3} nats per token against the reference and stayed there for {CollapseSteps} steps, up to "
                + $"step {step}: the model unlearns both sides. Lower learning_rate, raise sft_weight, or raise beta."));
    }
}
