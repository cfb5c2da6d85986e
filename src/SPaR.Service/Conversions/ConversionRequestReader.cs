using SPaR.Method.Input;
using SPaR.Service.Models;

namespace SPaR.Service.Conversions;

/// <summary>Checks which fields each kind of conversion takes. Reads no database.</summary>
internal static class ConversionRequestReader
{
    private const int NameLimit = 200;

    /// <returns>Null for an unknown kind.</returns>
    public static ConversionKind? Kind(ConversionRequest request, List<FieldError> errors)
    {
        if (EnumName.TryParse<ConversionKind>(request.Kind, out var kind))
            return kind;
        errors.Add(new("kind", $"Unknown kind '{request.Kind}'; use import, export or quantise."));
        return null;
    }

    public static void Check(
        ConversionRequest request, ConversionKind kind, Model? model, IReadOnlyList<string> templates, List<FieldError> errors)
    {
        if (request.Name is { } name && (string.IsNullOrWhiteSpace(name) || name.Length > NameLimit))
            errors.Add(new("name", $"A name has 1 to {NameLimit} characters."));
        Require("source", request.Source, kind is ConversionKind.Import, needed: true);
        Require("template", request.Template, kind is ConversionKind.Import, needed: false);
        Require("model", request.Model, allowed: true, needed: kind is not ConversionKind.Import);
        Require("file_type", request.FileType, kind is ConversionKind.Quantise, needed: true);
        Require("dataset", request.Dataset, kind is ConversionKind.Quantise, needed: false);
        if (kind is ConversionKind.Quantise && request.FileType is { } wanted && !ConversionOrder.FileTypes.Contains(wanted))
            errors.Add(new("file_type", $"Unknown type '{wanted}'; use one of {string.Join(", ", ConversionOrder.FileTypes)}."));
        if (request.Template is { } template && !templates.Contains(template))
            errors.Add(new("template", $"Unknown template '{template}'; /v1/templates lists them."));
        if (model?.BaseId is not null && kind is ConversionKind.Import)
            errors.Add(new("model", "The base of an adapter is a full model; this one is an adapter."));
        if (kind is ConversionKind.Quantise && model is { BaseId: not null })
            errors.Add(new("model", "An adapter cannot be quantised; train it with lora.merge, and quantise the merged model."));
        else if (kind is ConversionKind.Quantise && model is { FileType: not ("F32" or "F16" or "BF16") and var type })
            errors.Add(new("model", $"Its weights are {type}; quantise the model in F32, F16 or BF16 that it was made from."));

        void Require(string field, string? value, bool allowed, bool needed)
        {
            if (value is not null && !allowed)
                errors.Add(new(field, $"{EnumName.Of(kind)} takes no {field}; remove it."));
            else if (value is null && allowed && needed)
                errors.Add(new(field, $"{EnumName.Of(kind)} needs {field}."));
        }
    }
}
