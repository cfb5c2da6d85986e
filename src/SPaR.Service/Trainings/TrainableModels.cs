using SPaR.Method.Input;
using SPaR.Service.Models;

namespace SPaR.Service.Trainings;

/// <summary>Refuses to create a training that the trainer would refuse for its model.</summary>
internal sealed class TrainableModels(ITrainingInspector inspector, ModelFolder folder)
{
    /// <param name="field">The field that names the model.</param>
    /// <param name="options">The field with the training's options.</param>
    public async Task CheckAsync(Model model, LoraOptions? lora, string field, string options, List<FieldError> errors)
    {
        if (await FindErrorAsync(model, lora, field, options) is { } error && !errors.Contains(error))
            errors.Add(error);
    }

    private async Task<FieldError?> FindErrorAsync(Model model, LoraOptions? lora, string field, string options)
    {
        if (model.BaseId is { } under)
            return new(
                field, $"The model '{model.Id}' is an adapter on '{under}'; training starts from a model of its own. "
                + "Train the base, or train again with lora.merge.");
        var refusal = await DedicatedThread.RunAsync(() => Refusal(folder.FullPath(model.Path), lora));
        return refusal is null
            ? null
            : new(
                refusal.Code == ITrainingInspector.NoTarget ? $"{options}.lora.target_modules" : field, folder.WithNames(refusal.Message));
    }

    private ModelRejectedException? Refusal(string path, LoraOptions? lora)
    {
        try
        {
            inspector.RequireTrainable(path, lora);
            return null;
        }
        catch (ModelRejectedException e)
        {
            return e;
        }
    }
}
