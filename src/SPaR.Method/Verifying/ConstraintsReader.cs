using System.Text.Json;
using SPaR.IFEval;
using SPaR.Method.Input;

namespace SPaR.Method.Verifying;

/// <summary>Reads the constraints of an instruction, in IFEval's form (<c>{"instruction_id_list": […], "kwargs": […]}</c>) or as a list
/// (<c>[{"id": …, "kwargs": {…}}]</c>).</summary>
internal static class ConstraintsReader
{
    private const string Field = "constraints", Id = "id", Ids = "instruction_id_list", Kwargs = "kwargs";

    private const string WantedId = "the id of a constraint, such as \"punctuation:no_comma\"";

    /// <param name="prompt">The message to answer.</param>
    /// <returns>Null, with at least one more error, if they are invalid.</returns>
    public static ConstraintVerifier? Read(JsonElement json, string prompt, Place place, List<FieldError> errors)
    {
        var before = errors.Count;
        var path = Place.Field(place.Of(Field));
        var given = json.ValueKind switch
        {
            JsonValueKind.Array => OfList(json, path.Name, errors),
            JsonValueKind.Object => OfObject(new(json, path, errors)),
            _ => null,
        };
        if (given is null)
            errors.Add(new(
                path.Name,
                $"must be a list of objects with {Id} and {Kwargs}, or an object with {Ids} and {Kwargs} as in IFEval, "
                + $"not {FieldReader.Quote(json)}."));
        else if (given.Count == 0 && errors.Count == before)
            errors.Add(new(path.Name, $"is empty; give at least one constraint, or leave {Field} out."));
        else
            given.ForEach(one => Check(one, prompt, errors));
        return errors.Count > before ? null : new([.. given!.Select(one => one.Constraint)], prompt);
    }

    private static void Check(Given one, string prompt, List<FieldError> errors)
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

    private static List<Given> OfList(JsonElement json, string path, List<FieldError> errors)
    {
        var given = new List<Given>();
        foreach (var (index, item) in json.EnumerateArray().Index())
        {
            var fields = new FieldReader(item, Place.Field($"{path}[{index}]"), errors);
            if (!fields.IsValid)
                continue;
            var (id, kwargs) = (fields.RequiredText(Id, WantedId), fields.Raw(Kwargs) ?? default);
            fields.RefuseUnknown();
            if (id.Length > 0)
                given.Add(new(new(id, kwargs), fields.Place.Of(Id), fields.Place.Of(Kwargs)));
        }

        return given;
    }

    private static List<Given> OfObject(FieldReader fields)
    {
        var ids = fields.RequiredElements(Ids, "a list of ids, such as \"punctuation:no_comma\"");
        var kwargs = fields.RequiredElements(Kwargs, "a list of objects, one for each id; {} if it takes no arguments");
        fields.RefuseUnknown();
        if (ids is null || kwargs is null)
            return [];
        var given = new List<Given>();
        if (ids.Length != kwargs.Length)
        {
            fields.Fault(Kwargs, $"has {kwargs.Length} elements for {ids.Length} ids; give one for each id.");
            return given;
        }

        for (var i = 0; i < ids.Length; i++)
        {
            if (ids[i].ValueKind == JsonValueKind.String)
                given.Add(new(new(ids[i].GetString()!, kwargs[i]), fields.Place.Of($"{Ids}[{i}]"), fields.Place.Of($"{Kwargs}[{i}]")));
            else
                fields.Fault($"{Ids}[{i}]", $"must be {WantedId}, not {FieldReader.Quote(ids[i])}.");
        }

        return given;
    }

    /// <summary>A constraint and what the user calls its parts.</summary>
    private sealed record Given(Constraint Constraint, string IdPath, string KwargsPath)
    {
        /// <param name="field">As the registry names it: <c>id</c>, <c>kwargs</c> or <c>kwargs.num_words</c>.</param>
        public string FieldOf(string field) => field == Id ? IdPath : $"{KwargsPath}{field[Kwargs.Length..]}";
    }
}
