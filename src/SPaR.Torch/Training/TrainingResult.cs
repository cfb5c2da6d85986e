using System.Globalization;
using System.Text.Json;
using SPaR.Gguf;
using SPaR.Torch.Models;

namespace SPaR.Torch.Training;

/// <summary>The files of a finished run. Each is complete once it exists; the one written last marks the run as finished.</summary>
internal static class TrainingResult
{
    public static bool Exists(TrainingPlan plan) =>
        File.Exists(Path.Combine(plan.Folder, plan.Options.Lora is null ? TrainingFolder.Model : TrainingFolder.Adapter));

    /// <param name="steps">After which the weights were as they are.</param>
    /// <param name="outcome">Null without held-out rows.</param>
    public static void Write(TrainingPlan plan, LanguageModel model, long steps, int rows, TrainingOutcome? outcome)
    {
        if (outcome is not null)
            DurableFile.Write(Path.Combine(plan.Folder, TrainingFolder.Outcome),
                stream => JsonSerializer.Serialize(stream, outcome, TrainingJson.Options));
        var method = plan.Job.Method == TrainingMethod.Dpo ? "dpo" : "sft";
        var lineage = new Dictionary<string, string>
        {
            // Differs from the parent's name, so that lists of models tell them apart.
            ["general.name"] = $"{BaseModel.NameOf(plan.Job.Model, GgufReader.Read(plan.Job.Model))} ({method})",
            ["spar.parent.sha256"] = plan.ModelHash,
            ["spar.training.method"] = method,
            ["spar.training.run"] = plan.RunHash(),
            ["spar.training.steps"] = steps.ToString(CultureInfo.InvariantCulture),
            ["spar.training.rows"] = rows.ToString(CultureInfo.InvariantCulture),
        };
        var (trained, adapter) = (Path.Combine(plan.Folder, TrainingFolder.Model), Path.Combine(plan.Folder, TrainingFolder.Adapter));
        if (plan.Options.Lora is not { } lora)
        {
            model.Save(trained, lineage);
            return;
        }
        if (lora.Merge)
            model.SaveMerged(trained, lineage);
        model.SaveAdapter(adapter, lineage);
    }
}
