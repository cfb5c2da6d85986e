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

    public static TrainingSource Source(JsonElement json, TrainingMethod method, List<FieldError> errors)
    {
        var fields = new FieldReader(json, Place.Field("dataset"), errors);
        var run = fields.Text("run", null, "the id of a run");
        var upload = fields.Text("upload", null, "the id of a dataset");
        var round = fields.Whole("round", 1, new(1, 1000));
        var otherwise = method is TrainingMethod.Dpo || upload is not null ? TrainingData.Preferences : TrainingData.RefinerExamples;
        var data = fields.OneOf("data", otherwise, Data);
        fields.RefuseUnknown();
        if (json.ValueKind == JsonValueKind.Object && (run is null) == (upload is null))
            errors.Add(new("dataset", "names either a run (and, if wanted, its round and data) or an upload."));
        if (upload is not null && (fields.Raw("round") ?? fields.Raw("data")) is not null)
            errors.Add(new("dataset", "An upload has no round and no data; leave them out."));
        if (method is TrainingMethod.Dpo && data is TrainingData.RefinerExamples)
            fields.Fault("data", "dpo trains on preferences; refiner-examples are for sft.");
        return new(run, run is null ? null : round, upload, data);
    }
}
