namespace SPaR.Torch.Losses;

/// <summary>Every preference loss under TRL's name. Those are also the values of <see cref="TrainingOptions.LossType"/>.</summary>
internal static class PreferenceLosses
{
    public static IReadOnlyDictionary<string, Func<TrainingOptions, IPreferenceLoss>> All { get; } =
        new Dictionary<string, Func<TrainingOptions, IPreferenceLoss>>
        {
            ["sigmoid"] = o => new SigmoidLoss(o.Beta, o.LabelSmoothing),
            ["ipo"] = o => new IpoLoss(o.Beta),
            ["hinge"] = o => new HingeLoss(o.Beta),
            ["robust"] = o => new RobustLoss(o.Beta, o.LabelSmoothing),
            ["apo_zero"] = o => new ApoZeroLoss(o.Beta),
            ["sigmoid_norm"] = o => new SigmoidNormLoss(o.Beta),
            ["simpo"] = o => new SimpoLoss(o.Beta, o.SimpoGamma),
            ["orpo"] = o => new OrpoLoss(o.Beta),
            ["kto"] = o => new KtoLoss(o.Beta, o.DesirableWeight, o.UndesirableWeight),
        };

    /// <param name="options">With known names and as many weights as names, or none.</param>
    public static IPreferenceLoss Of(TrainingOptions options) => options is { LossType: [var only], LossWeights: [] }
        ? All[only](options)
        : new MixedLoss([.. options.LossType.Select((name, i) =>
            (All[name](options), options.LossWeights.IsEmpty ? 1 : options.LossWeights[i]))]);
}
