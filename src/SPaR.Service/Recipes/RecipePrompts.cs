using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Method.Recipes;

namespace SPaR.Service.Recipes;

/// <summary>Reads the prompt set of a recipe: a name, or the set itself.</summary>
internal static class RecipePrompts
{
    private const string Field = "prompts";

    public static PromptSet Read(FieldReader recipe, PromptSet based)
    {
        if (recipe.Raw(Field) is not { } given)
            return based;
        if (given.ValueKind == JsonValueKind.Object)
            return Inline(recipe.Section(Field));
        if (given.ValueKind == JsonValueKind.String && PromptSetRules.Named.TryGetValue(given.GetString()!, out var named))
            return named;
        recipe.Wrong(Field, $"the name of a prompt set ({string.Join(", ", PromptSetRules.Named.Keys)}) or an object");
        return based;
    }

    private static PromptSet Inline(FieldReader fields)
    {
        var (verdict, answer) = (fields.Section("verdict"), fields.Section("answer"));
        var set = new PromptSet
        {
            Name = fields.Text("name", "custom", "a text")!,
            Judge = fields.Objects("judge", "a list of messages", Message),
            Refine = fields.Text("refine", "", "a text")!,
            Verdict = new(
                verdict.Text("marker", null, "a text or null"), verdict.Text("take", "first", "first or last")!,
                verdict.Texts("yes", "a list of words"), verdict.Texts("no", "a list of words")),
            Answer = new(answer.Text("open", null, "a text or null"), answer.Text("close", null, "a text or null")),
        };
        fields.RefuseUnknown();
        verdict.RefuseUnknown();
        answer.RefuseUnknown();
        // An unreadable field would be reported a second time, as missing.
        if (fields.IsValid)
            foreach (var (name, message) in PromptSetRules.Check(set))
                fields.Fault(name, message);
        return set;
    }

    private static ChatMessage Message(FieldReader fields)
    {
        var message = new ChatMessage(fields.Text("role", "", "a text")!, fields.Text("content", "", "a text")!);
        fields.RefuseUnknown();
        return message;
    }
}
