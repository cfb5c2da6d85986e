using System.Globalization;
using SPaR.Abstractions;

namespace SPaR.Torch.Training;

/// <summary>The files that a finished run leaves. Each is complete as soon as it has its name; the one that is written last says that
/// the run has finished.</summary>
internal static class TrainingResult
{
    public static bool Exists(TrainingPlan plan) =>
        File.Exists(Path.Combine(plan.Folder, plan.Options.Lora is null ? TrainingFolder.Model : TrainingFolder.Adapter));

    public static void Write(TrainingPlan plan, LanguageModel model, long steps, int rows)
    {
        var lineage = new Dictionary<string, string>
        {
            ["spar.parent.sha256"] = plan.ModelHash,
            ["spar.training.method"] = plan.Job.Method == TrainingMethod.Dpo ? "dpo" : "sft",
            ["spar.training.run"] = plan.RunHash(),
            ["spar.training.steps"] = steps.ToString(CultureInfo.InvariantCulture),
            ["spar.training.rows"] = rows.ToString(CultureInfo.InvariantCulture),
        };
        if (plan.Options.Lora is not { } lora)
        {
            Complete(plan, TrainingFolder.Model, path => model.Save(path, lineage));
            return;
        }
        if (lora.Merge)
            Complete(plan, TrainingFolder.Model, path => model.SaveMerged(path, lineage));
        Complete(plan, TrainingFolder.Adapter, model.SaveAdapter);
    }

    private static void Complete(TrainingPlan plan, string name, Action<string> write)
    {
        var (beside, place) = (Path.Combine(plan.Folder, "writing-" + name), Path.Combine(plan.Folder, name));
        write(beside);
        File.Move(beside, place, overwrite: true);
    }
}
