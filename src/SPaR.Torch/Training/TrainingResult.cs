using System.Globalization;
using SPaR.Abstractions;
using SPaR.Gguf;
using SPaR.Torch.Models;

namespace SPaR.Torch.Training;

/// <summary>The files that a finished run leaves. Each is complete as soon as it has its name; the one that is written last says that
/// the run has finished.</summary>
internal static class TrainingResult
{
    public static bool Exists(TrainingPlan plan) =>
        File.Exists(Path.Combine(plan.Folder, plan.Options.Lora is null ? TrainingFolder.Model : TrainingFolder.Adapter));

    public static void Write(TrainingPlan plan, LanguageModel model, long steps, int rows)
    {
        var method = plan.Job.Method == TrainingMethod.Dpo ? "dpo" : "sft";
        var lineage = new Dictionary<string, string>
        {
            // Not the parent's: the two are told apart by it wherever models are listed.
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
