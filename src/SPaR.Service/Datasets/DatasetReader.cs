using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Method.Items;

namespace SPaR.Service.Datasets;

/// <summary>Reads one line of an upload in its format. Fields that training does not need, such as tools or tags, are ignored.</summary>
internal static class DatasetReader
{
    private const string Answer = "the assistant's answer";

    /// <returns>Null, with at least one more error, if it is invalid.</returns>
    public static SourceRow? Read(JsonElement json, DatasetFormat format, Place place, List<FieldError> errors)
    {
        var fields = new FieldReader(json, place, errors);
        if (!fields.IsValid)
            return null;
        var (prompt, chosen, rejected) = format switch
        {
            DatasetFormat.Trl => (Prompt(fields, "prompt"), Only(fields, "chosen"), Only(fields, "rejected", mayBeBlank: true)),
            DatasetFormat.TrlStandard => (
                [new("user", fields.RequiredText("prompt", "the text of the prompt"))], fields.RequiredText("chosen", Answer),
                fields.RequiredText("rejected", Answer, mayBeBlank: true)),
            DatasetFormat.Llamafactory => (
                Prompt(fields, "messages"), One(fields, "chosen"), One(fields, "rejected", mayBeBlank: true)),
            DatasetFormat.Openai => (
                Prompt(fields.Section("input"), "messages"), Only(fields, "preferred_output"),
                Only(fields, "non_preferred_output", mayBeBlank: true)),
            _ => (Example(fields), null, (string?)null),
        };
        if (fields.IsValid && chosen is not null && chosen == rejected)
            fields.Fault("rejected", "is equal to chosen; a preference needs two different answers.");
        return fields.IsValid ? new(place.Name, prompt, chosen, rejected) : null;
    }

    // A prompt is not learnt, so a weight in it has no effect.
    private static ImmutableArray<TrainingMessage> Prompt(FieldReader fields, string name) =>
        fields.Messages(name, "user", (_, given) => new TrainingMessage(given.Role, given.Content));

    private static ImmutableArray<TrainingMessage> Example(FieldReader fields)
    {
        var messages = fields.Messages(
            "messages", "assistant", (message, given) => new TrainingMessage(given.Role, given.Content, Weight(message, given.Role)));
        if (!fields.IsValid)
            return messages;
        for (var i = 0; i < messages.Length; i++)
            if (messages[i].Role == "assistant" && (i == 0 || messages[i - 1].Role != "user"))
                fields.Fault($"messages[{i}]", "is the assistant's, so it must follow a message of the user.");
        if (!messages.Any(m => m.IsLearnt))
            fields.Fault("messages", "has nothing to learn: every message of the assistant has weight 0. Give at least one weight 1.");
        return messages;
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

    /// <summary>A list with one message of the assistant.</summary>
    private static string Only(FieldReader fields, string name, bool mayBeBlank = false)
    {
        const string Wanted = "a list with one message of the assistant";
        if (fields.Required(name, Wanted) is not { } list)
            return "";
        if (list.ValueKind == JsonValueKind.Array && list.GetArrayLength() == 1)
            return Content(fields.Nested($"{name}[0]", list[0]), mayBeBlank);
        fields.Wrong(name, Wanted);
        return "";
    }

    /// <summary>One message of the assistant.</summary>
    private static string One(FieldReader fields, string name, bool mayBeBlank = false) =>
        fields.Required(name, "a message of the assistant") is { } message ? Content(fields.Nested(name, message), mayBeBlank) : "";

    private static string Content(FieldReader message, bool mayBeBlank)
    {
        if (!message.IsValid)
            return "";
        message.RequiredOneOf("role", "assistant");
        return message.RequiredText("content", Answer, mayBeBlank);
    }
}
