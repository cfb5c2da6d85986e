using System.Text.Json;
using SPaR.IFEval.Checkers;

namespace SPaR.IFEval;

/// <summary>Reads prompts with constraints in the form of IFEval's public <c>input_data.jsonl</c> (arXiv 2311.07911): <c>key</c>,
/// <c>prompt</c>, <c>instruction_id_list</c>, <c>kwargs</c>.</summary>
public static class IfevalPrompts
{
    /// <summary>Every field of a line.</summary>
    public static IReadOnlyList<string> Fields { get; } = ["key", "prompt", "instruction_id_list", "kwargs"];

    /// <summary>Reads to the end, also after errors.</summary>
    /// <param name="ignoreUnknown">Whether other fields are left out; otherwise they are errors, because one may be misspelt.</param>
    public static IfevalFile Read(TextReader reader, bool ignoreUnknown = false)
    {
        var prompts = new List<IfevalPrompt>();
        var keys = new Dictionary<PromptKey, long>();
        var errors = JsonLines.Read(reader, line =>
        {
            var before = line.Errors.Count;
            if (!ignoreUnknown)
                line.RefuseUnknown(Fields);
            if (ReadPrompt(line, keys) is { } prompt && line.Errors.Count == before)
                prompts.Add(prompt);
        });
        return new(prompts, errors);
    }

    /// <param name="keys">The lines of earlier keys.</param>
    /// <returns>Null after an error.</returns>
    private static IfevalPrompt? ReadPrompt(JsonLine line, Dictionary<PromptKey, long> keys)
    {
        var before = line.Errors.Count;
        var key = line.Key();
        if (key is { } named && !keys.TryAdd(named, line.Number))
            line.Wrong("key", $"{named} is already the key of line {keys[named]}; give each prompt its own.");
        var prompt = line.Text("prompt");
        var ids = ReadIds(line);
        var kwargs = line.List("kwargs");
        if (ids is { Count: 0 })
            line.Wrong("instruction_id_list", "Must not be empty.");
        if (ids is not null && kwargs is not null && ids.Count != kwargs.Count)
            line.Wrong("kwargs", $"Must have as many entries as instruction_id_list: {ids.Count}, not {kwargs.Count}.");
        if (prompt is null || ids is null || kwargs is null || ids.Count != kwargs.Count)
            return null;
        var checkers = new List<IConstraintChecker>();
        for (var i = 0; i < ids.Count; i++)
            if (Create(line, i, ids[i], kwargs[i], prompt) is { } checker)
                checkers.Add(checker);
        return line.Errors.Count > before || key is null
            ? null
            : new(key.Value, prompt, ids, kwargs, new(ids, checkers));
    }

    private static List<string>? ReadIds(JsonLine line)
    {
        if (line.List("instruction_id_list") is not { } list)
            return null;
        var ids = new List<string>();
        foreach (var (index, id) in list.Index())
        {
            if (id.ValueKind == JsonValueKind.String)
                ids.Add(id.GetString()!);
            else
                line.Wrong($"instruction_id_list[{index}]", "Must be a string.");
        }

        return ids.Count == list.Count ? ids : null;
    }

    private static IConstraintChecker? Create(JsonLine line, int index, string id, JsonElement kwargs, string prompt)
    {
        try
        {
            return ConstraintRegistry.Create(id, kwargs, prompt);
        }
        catch (ConstraintException e)
        {
            foreach (var error in e.Errors)
                line.Wrong(InFile(error.Field, index), error.Message);
            return null;
        }
    }

    /// <summary>Translates a constraint's field names to the file's.</summary>
    private static string InFile(string field, int index) =>
        field == "id" ? $"instruction_id_list[{index}]" : $"kwargs[{index}]{field["kwargs".Length..]}";
}
