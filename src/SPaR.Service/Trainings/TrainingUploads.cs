using SPaR.Method.Input;
using SPaR.Service.Datasets;
using SPaR.Service.Models;

namespace SPaR.Service.Trainings;

/// <summary>Finds an uploaded dataset for a training.</summary>
internal static class TrainingUploads
{
    /// <param name="field">What the request calls it.</param>
    /// <returns>Without weight, with the kind of data that the upload turned out to hold; null, with an error, if it cannot be trained
    /// on.</returns>
    public static async Task<TrainingSource?> FindAsync(
        SparDb db, string upload, TrainingMethod method, string field, List<FieldError> errors, CancellationToken cancellationToken)
    {
        if (await db.Datasets.AsNoTracking().FirstOrDefaultAsync(d => d.Id == upload, cancellationToken) is not { } dataset)
        {
            errors.Add(new(field, $"There is no dataset '{upload}'; /v1/datasets lists them."));
            return null;
        }

        var conversations = dataset.Kind is DatasetKind.Conversations;
        if (method is TrainingMethod.Dpo && conversations)
        {
            errors.Add(new(field, $"The dataset '{upload}' holds conversations; dpo needs preferences. Use sft, supervised fine-tuning."));
            return null;
        }

        return new(null, null, upload, conversations ? TrainingData.RefinerExamples : TrainingData.Preferences);
    }
}
