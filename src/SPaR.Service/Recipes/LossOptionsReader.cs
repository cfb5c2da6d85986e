using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Method.Recipes;

namespace SPaR.Service.Recipes;

/// <summary>Reads which preference loss a training minimises, and refuses options that this loss does not read.</summary>
internal static class LossOptionsReader
{
    private static readonly double LargestWeight =
        typeof(TrainingOptions).GetProperty(nameof(TrainingOptions.LossWeights))!.GetCustomAttribute<EachUpToAttribute>()!.Most;

    private static readonly ImmutableArray<string> Names =
    [
        .. typeof(TrainingOptions).GetProperty(nameof(TrainingOptions.LossType))!
            .GetCustomAttribute<AllowedValuesAttribute>()!.Values.Cast<string>(),
    ];

    /// <param name="options">With every number read.</param>
    /// <param name="based">What is left out is taken from here.</param>
    public static TrainingOptions Read(FieldReader fields, TrainingMethod method, TrainingOptions options, TrainingOptions based)
    {
        var types = Types(fields, based.LossType);
        if (method is TrainingMethod.Sft && !types.SequenceEqual(based.LossType))
            fields.Fault("loss_type", "has no effect with the method sft. Leave it out.");
        RefuseUnused(fields, types, options, based);
        var weights = Weights(fields, types.SequenceEqual(based.LossType) ? based.LossWeights : []);
        if (!weights.IsEmpty && weights.Length != types.Length)
            fields.Fault("loss_weights", $"has {weights.Length} weights for {types.Length} losses of loss_type; give one for each.");
        return options with
        {
            LossType = types,
            LossWeights = weights,
            RpoAlpha = fields.Has("loss_type") && !fields.Has("rpo_alpha") && !types.SequenceEqual(based.LossType)
                ? TrainingOptions.DefaultRpoAlpha(types[0])
                : options.RpoAlpha,
        };
    }

    /// <summary>One name or a list of them, as in TRL.</summary>
    private static ImmutableArray<string> Types(FieldReader fields, ImmutableArray<string> otherwise)
    {
        if (fields.Value("loss_type") is { ValueKind: JsonValueKind.String })
            return [fields.RequiredOneOf("loss_type", Names)];
        var types = fields.Texts("loss_type", $"a list of {string.Join(", ", Names)}");
        foreach (var unknown in types.Where(t => !Names.Contains(t)))
            fields.Fault("loss_type", $"has the unknown loss '{unknown}'. Known: {string.Join(", ", Names)}.");
        if (types.Length != types.Distinct().Count())
            fields.Fault("loss_type", "names a loss twice.");
        if (types.IsEmpty && fields.Raw("loss_type") is { ValueKind: JsonValueKind.Array })
            fields.Fault("loss_type", "is empty; name at least one loss, or leave it out for sigmoid.");
        return types.IsEmpty ? otherwise : types;
    }

    private static ImmutableArray<double> Weights(FieldReader fields, ImmutableArray<double> otherwise)
    {
        if (!fields.Has("loss_weights"))
            return otherwise;
        var wanted = $"a list of numbers above 0, at most {LargestWeight}";
        var weights = fields.Elements("loss_weights", wanted);
        if (weights.All(w => w.ValueKind == JsonValueKind.Number && w.GetDouble() is > 0 and var weight && weight <= LargestWeight))
            return [.. weights.Select(w => w.GetDouble())];
        fields.Wrong("loss_weights", wanted);
        return [];
    }

    /// <summary>An option that the loss ignores must not look as if it had an effect. One that repeats the base's value is fine, so that
    /// resolved options can be sent back.</summary>
    private static void RefuseUnused(FieldReader fields, ImmutableArray<string> types, TrainingOptions options, TrainingOptions based)
    {
        foreach (var property in RecipeJson.Options.GetTypeInfo(typeof(TrainingOptions)).Properties)
            if (property.AttributeProvider!.GetCustomAttributes(typeof(OfLossesAttribute), inherit: false) is [OfLossesAttribute of]
                && !of.Losses.Intersect(types).Any() && !Equals(property.Get!(options), property.Get!(based)))
                fields.Fault(property.Name,
                    $"has no effect with the loss {string.Join(", ", types)}; it is read by {string.Join(", ", of.Losses)}. Leave it out.");
    }
}
