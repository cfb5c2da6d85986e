using System.Text.Json;
using SPaR.IFEval;
using SPaR.Method.Input;

namespace SPaR.Method.Verifying;

/// <summary>Reads the constraints of an instruction, in IFEval's own form (<c>{"instruction_id_list": […], "kwargs": […]}</c>) or as a
/// list (<c>[{"id": …, "kwargs": {…}}]</c>), and says by field what is wrong with them.</summary>
internal static class ConstraintsReader
{
    private const string Form =
        "constraints is a list of objects with id and kwargs, or an object with instruction_id_list and kwargs, as IFEval has them.";

    private const string Ids = "instruction_id_list", Kwargs = "kwargs";

    /// <param name="prompt">The message that is answered.</param>
    /// <returns>Null, with at least one more error, where they cannot be checked.</returns>
    public static ConstraintVerifier? Read(JsonElement json, string prompt, Place place, List<FieldError> errors)
    {
        var before = errors.Count;
        var named = json.ValueKind switch
        {
            JsonValueKind.Array => OfList(json, place, errors),
            JsonValueKind.Object => OfObject(json, place, errors),
            _ => Refused(place.Of("constraints"), Form, errors),
        };
        if (named.Count == 0 && errors.Count == before)
            errors.Add(new(place.Of("constraints"), "No constraint stands here; name at least one, or leave constraints out."));
        foreach (var one in named)
            Check(one, prompt, errors);
        return errors.Count > before ? null : new([.. named.Select(n => n.Constraint)], prompt);
    }

    private static void Check(Named one, string prompt, List<FieldError> errors)
    {
        try
        {
            ConstraintRegistry.Create(one.Constraint.Id, one.Constraint.Kwargs, prompt);
        }
        catch (ConstraintException e)
        {
            errors.AddRange(e.Errors.Select(error => new FieldError(one.FieldOf(error.Field), error.Message)));
        }
    }

    private static List<Named> OfList(JsonElement json, Place place, List<FieldError> errors)
    {
        var named = new List<Named>();
        foreach (var (index, item) in json.EnumerateArray().Index())
        {
            var field = place.Of($"constraints[{index}]");
            if (item.ValueKind != JsonValueKind.Object)
            {
                errors.Add(new(field, "A constraint is an object with id and kwargs."));
                continue;
            }

            foreach (var property in item.EnumerateObject().Where(p => p.Name is not ("id" or Kwargs)))
                errors.Add(new(
                    $"{field}.{property.Name}", "No such property is known; there are id and kwargs, and arguments stand in kwargs."));
            if (TextOf(item.TryGetProperty("id", out var id) ? id : default, $"{field}.id", errors) is { } text)
            {
                var kwargs = item.TryGetProperty(Kwargs, out var given) ? given : default;
                named.Add(new(new(text, kwargs), $"{field}.id", $"{field}.{Kwargs}"));
            }
        }

        return named;
    }

    private static List<Named> OfObject(JsonElement json, Place place, List<FieldError> errors)
    {
        var field = place.Of("constraints");
        foreach (var property in json.EnumerateObject().Where(p => p.Name is not (Ids or Kwargs)))
            errors.Add(new($"{field}.{property.Name}", $"No such property is known; there are {Ids} and {Kwargs}."));
        var ids = ListOf(json, Ids, "a list of ids, such as \"punctuation:no_comma\"", field, errors);
        var kwargs = ListOf(json, Kwargs, "a list of objects, one for each id; {} where it takes no arguments", field, errors);
        if (ids is null || kwargs is null)
            return [];
        if (ids.Count != kwargs.Count)
            return Refused(
                $"{field}.{Kwargs}", $"There are {ids.Count} ids and {kwargs.Count} kwargs; give one object for each id.", errors);
        var named = new List<Named>();
        for (var i = 0; i < ids.Count; i++)
            if (TextOf(ids[i], $"{field}.{Ids}[{i}]", errors) is { } text)
                named.Add(new(new(text, kwargs[i]), $"{field}.{Ids}[{i}]", $"{field}.{Kwargs}[{i}]"));
        return named;
    }

    private static List<JsonElement>? ListOf(JsonElement json, string name, string wanted, string field, List<FieldError> errors)
    {
        if (json.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array)
            return [.. list.EnumerateArray()];
        errors.Add(new($"{field}.{name}", $"{name} is {wanted}."));
        return null;
    }

    private static string? TextOf(JsonElement json, string field, List<FieldError> errors)
    {
        if (json.ValueKind == JsonValueKind.String)
            return json.GetString();
        errors.Add(new(field, "Give the id of a constraint, a text such as \"punctuation:no_comma\"."));
        return null;
    }

    private static List<Named> Refused(string field, string message, List<FieldError> errors)
    {
        errors.Add(new(field, message));
        return [];
    }

    /// <summary>A constraint and what the user calls its parts.</summary>
    private sealed record Named(Constraint Constraint, string Id, string Arguments)
    {
        /// <param name="field">As the registry names it: <c>id</c>, <c>kwargs</c> or <c>kwargs.num_words</c>.</param>
        public string FieldOf(string field) => field == "id" ? Id : $"{Arguments}{field[Kwargs.Length..]}";
    }
}
