using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Models;

namespace SPaR.Service.Trainings;

/// <summary>Reads a request for a training, as far as that needs no database, and collects every error.</summary>
internal static class TrainingRequestReader
{
    private static readonly Dictionary<string, TrainingData> Data = new()
    {
        ["preferences"] = TrainingData.Preferences,
        ["refiner-examples"] = TrainingData.RefinerExamples,
    };

    public static TrainingMethod Method(string method, List<FieldError> errors)
    {
        if (method is "dpo" or "sft")
            return method == "dpo" ? TrainingMethod.Dpo : TrainingMethod.Sft;
        errors.Add(new("method", $"Unknown method '{method}'; use dpo or sft."));
        return TrainingMethod.Sft;
    }

    private const int MostDatasets = 20;

    private static readonly NumberRange Weights = new(0, 1000, AboveLeast: true);

    /// <returns>Each with the field that names it. One that is given as <c>dataset</c>, or those of <c>datasets</c>.</returns>
    public static IReadOnlyList<(TrainingSource Source, string Field)> Sources(
        JsonElement? one, JsonElement? several, TrainingMethod method, List<FieldError> errors)
    {
        if (one is null == several is null)
            errors.Add(new("dataset", "is missing; give either dataset, or a list of several in datasets."));
        else if (one is { } json)
            return [(Source(json, "dataset", method, errors), "dataset")];
        else if (several!.Value.ValueKind is not JsonValueKind.Array || several.Value.GetArrayLength() is 0 or > MostDatasets)
            errors.Add(new("datasets", $"must be a list of 1 to {MostDatasets} datasets."));
        else
            return Several([.. several.Value.EnumerateArray()], method, errors);
        return [];
    }

    private static (TrainingSource Source, string Field)[] Several(JsonElement[] list, TrainingMethod method, List<FieldError> errors)
    {
        (TrainingSource Source, string Field)[] sources =
            [.. list.Select((json, i) => (Source(json, $"datasets[{i}]", method, errors, mayHaveWeight: true), $"datasets[{i}]"))];
        foreach (var (index, (source, field)) in sources.Index())
            if (sources.Take(index).Any(before => before.Source.IsSame(source)))
                errors.Add(
                    new(field, $"names the same data as another one before: {source.Id}. Leave it out, or give the other more weight."));
        if (sources.Any(s => s.Source.Weight is null) && sources.FirstOrDefault(s => s.Source.Weight is not null) is ({ }, { } weighted))
            errors.Add(new(
                $"{weighted}.weight", "is given, and not every dataset has a weight. Give each one, or none: then each row is used once."));
        return sources;
    }

    /// <param name="field">What the request calls it.</param>
    public static TrainingSource Source(
        JsonElement json, string field, TrainingMethod method, List<FieldError> errors, bool mayHaveWeight = false)
    {
        var fields = new FieldReader(json, Place.Field(field), errors);
        var run = fields.Text("run", null, "the id of a run");
        var upload = fields.Text("upload", null, "the id of a dataset");
        var round = fields.Whole("round", 1, new(1, 1000));
        var otherwise = method is TrainingMethod.Dpo || upload is not null ? TrainingData.Preferences : TrainingData.RefinerExamples;
        var data = fields.OneOf("data", otherwise, Data);
        var weight = mayHaveWeight && fields.Has("weight") ? fields.Number("weight", 1, Weights) : (double?)null;
        fields.RefuseUnknown();
        if (json.ValueKind == JsonValueKind.Object && (run is null) == (upload is null))
            errors.Add(new(field, "names either a run (and, if wanted, its round and data) or an upload."));
        if (upload is not null && (fields.Raw("round") ?? fields.Raw("data")) is not null)
            errors.Add(new(field, "An upload has no round and no data; leave them out."));
        if (method is TrainingMethod.Dpo && data is TrainingData.RefinerExamples)
            fields.Fault("data", "dpo trains on preferences; refiner-examples are for sft.");
        return new(run, run is null ? null : round, upload, data, weight);
    }
}
