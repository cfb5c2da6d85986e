using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Abstractions;
using SPaR.Method.Input;
using SPaR.Method.Recipes;

namespace SPaR.Service.Recipes;

/// <summary>Reads the prompt set of a recipe: a name, or the set itself.</summary>
internal static class RecipePrompts
{
    public static PromptSet Read(JsonElement? json, string path, PromptSet based, List<FieldError> errors)
    {
        if (json is not { } given)
            return based;
        if (given.ValueKind == JsonValueKind.Object)
            return Inline(given, path, errors);
        if (given.ValueKind == JsonValueKind.String && PromptSetRules.Named.TryGetValue(given.GetString()!, out var named))
            return named;
        var names = string.Join(", ", PromptSetRules.Named.Keys);
        errors.Add(new(path, $"must be the name of a prompt set ({names}) or an object, not {FieldReader.Quote(given)}."));
        return based;
    }

    private static PromptSet Inline(JsonElement json, string path, List<FieldError> errors)
    {
        var before = errors.Count;
        var fields = new FieldReader(json, Place.Field(path), errors);
        var verdict = fields.Section("verdict");
        var answer = fields.Section("answer");
        var set = new PromptSet
        {
            Name = fields.Text("name", "custom", "text")!,
            Judge = Messages(fields, "judge"),
            Refine = fields.Text("refine", "", "text")!,
            Verdict = new(
                verdict.Text("marker", null, "text or null"),
                verdict.Text("take", "first", "first or last")!,
                Words(verdict, "yes"),
                Words(verdict, "no")),
            Answer = new(
                answer.Text("open", null, "text or null"), answer.Text("close", null, "text or null")),
        };
        fields.RefuseUnknown();
        verdict.RefuseUnknown();
        answer.RefuseUnknown();
        // What could not be read would only be reported a second time as missing.
        if (errors.Count == before)
            errors.AddRange(PromptSetRules.Check(set).Select(fault => new FieldError($"{path}.{fault.Field}", fault.Message)));
        return set;
    }

    private static ImmutableArray<ChatMessage> Messages(FieldReader fields, string name) =>
        fields.Objects(name, "a list of messages", item =>
        {
            var message = new ChatMessage(item.Text("role", "", "text")!, item.Text("content", "", "text")!);
            item.RefuseUnknown();
            return message;
        });

    private static ImmutableArray<string> Words(FieldReader fields, string name) => fields.Texts(name, "a list of words");
}
