using SPaR.Torch.Models;

namespace SPaR.Torch.Training;

/// <summary>Answers for the trainer in processes that never load libtorch.</summary>
public sealed class TrainingInspector : ITrainingInspector
{
    // Measured: what a training process holds before it loads the model.
    private const long Process = 170 << 20;

    public void RequireTrainable(string path, LoraOptions? lora) => TrainableModel.Read(path, lora);

    public TrainingMemory PlanMemory(string path, TrainingOptions options, int answerTokens, bool pairs, long? free)
    {
        var model = TrainableModel.Read(path, options.Lora);
        var plan = PlanOf(options);
        var refusal = new MemoryLimit(PlanOf).Refusal(options, free is { } bytes ? (bytes, "this machine") : null);
        return new(
            plan.Peak, plan.Process, plan.Weights, plan.Adapters, plan.Gradients, plan.Optimiser, plan.Activations, plan.Converted,
            free is null ? null : refusal is null, refusal);

        TrainingMemoryPlan PlanOf(TrainingOptions with)
        {
            var threads = with.Threads == 0 ? Environment.ProcessorCount : with.Threads;
            var shape = TrainingShape.Longest(with, threads, answerTokens, pairs);
            return TrainingMemoryPlan.Of(path, model.File, model.Config, with, shape, threads, Process);
        }
    }
}
