using System.Collections.Immutable;
using System.Text.Json;

namespace SPaR.Method.Input;

/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Weight">0 if the message is not to be learnt; null otherwise.</param>
internal sealed record GivenMessage(string Role, string Content, int? Weight);

/// <summary>Reads conversations, of instructions and of training data alike, as OpenAI writes them (<c>role</c>, <c>content</c>) or as
/// ShareGPT does (<c>from</c>, <c>value</c>). Other fields of a message, such as <c>name</c>, are left out.</summary>
internal static class MessageReader
{
    private const string Wanted = "a list of messages, each with role and content";

    private static readonly string[] Tools = ["tool_calls", "function_call", "audio"];

    private static readonly Dictionary<string, string> Roles = new()
    {
        ["system"] = "system",
        ["developer"] = "system",
        ["user"] = "user",
        ["assistant"] = "assistant",
    };

    private static readonly Dictionary<string, string> Writers = new()
    {
        ["system"] = "system",
        ["human"] = "user",
        ["user"] = "user",
        ["gpt"] = "assistant",
        ["assistant"] = "assistant",
        ["chatgpt"] = "assistant",
        ["model"] = "assistant",
    };

    /// <param name="mayEndBlank">Whether the last message may be blank, as a rejected answer may.</param>
    /// <returns>The messages; empty, with an error, if any cannot be read.</returns>
    public static ImmutableArray<GivenMessage> Messages(this FieldReader fields, string name, bool mayEndBlank = false)
    {
        if (fields.RequiredElements(name, Wanted) is not { } list)
            return [];
        if (list.Length == 0)
            fields.Wrong(name, Wanted);
        var before = fields.IsValid;
        ImmutableArray<GivenMessage> messages =
        [
            .. list.Select((json, i) => Message(fields.Nested($"{name}[{i}]", json), mayEndBlank && i == list.Length - 1))
                .OfType<GivenMessage>(),
        ];
        for (var i = 1; i < messages.Length && messages.Length == list.Length; i++)
            if (messages[i].Role == "system")
                fields.Fault($"{name}[{i}].role", "is system, which only the first message may be.");
        return before && fields.IsValid ? messages : [];
    }

    /// <returns>Null, with an error, if it cannot be read.</returns>
    public static GivenMessage? Message(FieldReader fields, bool mayBeBlank = false)
    {
        if (!fields.IsValid)
            return null;
        foreach (var tool in Tools.Where(tool => fields.Value(tool) is { } given && !(given.ValueKind is JsonValueKind.Array
            && given.GetArrayLength() == 0)))
            fields.Fault(tool, "is given, but a message can only be text; leave the conversation out.");
        var (roles, role, content) = fields.Has("from") && !fields.Has("role") ? (Writers, "from", "value") : (Roles, "role", "content");
        var name = fields.RequiredOneOf(role, [.. roles.Keys]);
        var text = Content(fields, content, mayBeBlank);
        if (!fields.IsValid)
            return null;
        var message = new GivenMessage(roles[name], text, Weight(fields, roles[name]));
        return fields.IsValid ? message : null;
    }

    /// <summary>A text, or a list of text parts.</summary>
    private static string Content(FieldReader fields, string name, bool mayBeBlank)
    {
        const string Text = "the text of the message";
        if (fields.Value(name) is not { ValueKind: JsonValueKind.Array } parts)
            return fields.RequiredText(name, Text, mayBeBlank);
        var texts = parts.EnumerateArray().Select((part, i) => Part(fields.Nested($"{name}[{i}]", part))).ToList();
        if (fields.IsValid && !mayBeBlank && texts.All(string.IsNullOrWhiteSpace))
            fields.Fault(name, $"is empty; give {Text}.");
        return string.Concat(texts);
    }

    private static string Part(FieldReader part)
    {
        if (!part.IsValid)
            return "";
        part.RequiredOneOf("type", "text", "input_text", "output_text");
        return part.IsValid ? part.RequiredText("text", "the text of the part", mayBeBlank: true) : "";
    }

    /// <returns>Null for 1, which is also the default, so that the same data has the same hash.</returns>
    private static int? Weight(FieldReader message, string role)
    {
        if (!message.Has("weight"))
            return null;
        if (role == "assistant")
            return message.Whole("weight", 1, new(0, 1)) == 0 ? 0 : null;
        message.Fault("weight", "is only for messages of the assistant, which alone are learnt; leave it out.");
        return null;
    }
}
