using System.Collections.Immutable;
using SPaR.Torch.Models;

namespace SPaR.Torch.Training;

/// <summary>What a run minimises, and the same on its held-out rows.</summary>
/// <param name="HeldOut">Null without such rows.</param>
internal sealed record Objectives(IObjective Training, IObjective? HeldOut)
{
    /// <summary>Computes the reference where the loss has one, so the model must have its starting weights.</summary>
    /// <param name="first">The first batch, to check the reference with; null to leave that out.</param>
    /// <param name="stop">Checked before each micro-batch.</param>
    /// <returns>Null if stopped before the reference was complete.</returns>
    /// <exception cref="TrainingFailureException">The data or the model do not allow it.</exception>
    public static Objectives? Of(
        TrainingPlan plan, TrainingData data, LanguageModel model, Workers workers, ImmutableArray<Example>? first, Func<bool> stop)
    {
        if (plan.Job.Method == TrainingMethod.Sft)
            return new(new SftObjective(), data.HeldOut.IsEmpty ? null : new SftObjective());
        var options = plan.Options;
        var loss = plan.PreferenceLoss();
        if (!loss.UsesReference)
            return new(Preference(null, null), data.HeldOut.IsEmpty ? null : Preference(null, null));
        var reference = new ReferenceLogProbs(plan.Folder, $"{plan.ModelHash[..16]}-{plan.Precision}");
        var kl = loss.UsesKl ? new KlEstimate(data.Examples, options.MaxLength) : null;
        var heldOutKl = loss.UsesKl && !data.HeldOut.IsEmpty ? new KlEstimate(data.HeldOut, options.MaxLength) : null;
        using (model.WithoutAdapter())
        {
            ImmutableArray<Example> pairs = [.. data.Examples, .. kl?.Pairs ?? [], .. data.HeldOut, .. heldOutKl?.Pairs ?? []];
            if (!reference.Complete(pairs, options.MicroBatchSize, model.LogProbs, workers, stop))
                return null;
        }

        var training = Preference(reference, kl);
        // Not in BF16, whose rounding depends on the batch's shape and exceeds the tolerance.
        if (first is { } batch && !options.Bf16)
            StepZeroCheck.Run(training, loss.AtReference, BatchPlan.MicroBatches(batch, options.MicroBatchSize), model.LogProbs);
        return new(training, data.HeldOut.IsEmpty ? null : Preference(reference, heldOutKl));

        PreferenceObjective Preference(ReferenceLogProbs? known, KlEstimate? estimate) => new(
            loss, options.Beta, options.RpoAlpha, known is null ? null : known.Of,
            estimate is null ? null : rows => estimate.Of(rows, options.MicroBatchSize, model.LogProbs, known!.Of, workers));
    }
}
