using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Service.Uploads;

namespace SPaR.Service.Datasets;

/// <summary>One row of training data as read.</summary>
/// <param name="Messages">Of a preference: the conversation up to the answer. Of an example: the whole conversation.</param>
/// <param name="Chosen">Null for an example.</param>
/// <param name="Rejected">Null for an example.</param>
internal sealed record DatasetDraft(ImmutableArray<TrainingMessage> Messages, string? Chosen = null, string? Rejected = null)
{
    /// <summary>What the format has as metadata.</summary>
    public JsonElement? Metadata { get; init; }
}

/// <summary>A form of training data. Fields that training does not need, such as tools or tags, are not its columns.</summary>
internal interface IDatasetFormat : IRowFormat<DatasetDraft>
{
    DatasetKind Kind { get; }
}

/// <summary>The forms of training data. To add one, write a class and list it here.</summary>
internal static class DatasetFormats
{
    /// <summary>The first that recognises a row reads it.</summary>
    public static IReadOnlyList<IDatasetFormat> All { get; } =
    [
        new OpenaiPreferences(), new TrlPreferences(), new LlamafactoryPreferences(), new SparPreferences(), new AlpacaPreferences(),
        new TextPreferences(), new ConversationExamples(), new CompletionExamples(), new AlpacaExamples(),
    ];

    /// <summary>Whether a row has all these columns.</summary>
    public static bool HasAll(this JsonElement row, params ReadOnlySpan<string> columns)
    {
        foreach (var column in columns)
            if (!row.TryGetProperty(column, out _))
                return false;
        return true;
    }

    /// <summary>Whether a column of a row is of this kind.</summary>
    public static bool Is(this JsonElement row, string column, JsonValueKind kind) =>
        row.TryGetProperty(column, out var value) && value.ValueKind == kind;

    /// <summary>A pair of two different answers to a conversation that ends with the user's message.</summary>
    /// <param name="second">What the format calls the rejected answer.</param>
    public static DatasetDraft? Pair(
        FieldReader fields, IEnumerable<ChatMessage> prompt, string chosen, string rejected, string second = "rejected")
    {
        if (fields.IsValid && string.IsNullOrWhiteSpace(chosen))
            fields.Fault("chosen", "is empty; a preference needs an answer that is better.");
        if (fields.IsValid && chosen == rejected)
            fields.Fault(second, "is equal to chosen; a preference needs two different answers.");
        return fields.IsValid ? new([.. prompt.Select(TrainingMessage.Of)], chosen, rejected) : null;
    }

    /// <summary>The messages that an answer follows: the last one must be the user's.</summary>
    public static ImmutableArray<ChatMessage> Prompt(FieldReader fields, string name)
    {
        var messages = fields.Messages(name);
        CheckPrompt(fields, name, messages);
        return [.. messages.Select(m => new ChatMessage(m.Role, m.Content))];
    }

    public static void CheckPrompt(FieldReader fields, string name, ImmutableArray<GivenMessage> messages)
    {
        if (messages is [.., { Role: not "user" } last])
            fields.Fault(name, $"has a message of the {last.Role} before the answer; it must have one of the user there.");
    }

    /// <summary>A conversation to imitate.</summary>
    public static DatasetDraft? Example(FieldReader fields, string name, ImmutableArray<GivenMessage> messages)
    {
        if (!fields.IsValid)
            return null;
        if (messages is not [.., { Role: "assistant" }])
            fields.Fault(name, "must end with one of the assistant's messages, which is what is learnt.");
        for (var i = 0; i < messages.Length; i++)
            if (messages[i].Role == "assistant" && (i == 0 || messages[i - 1].Role != "user"))
                fields.Fault($"{name}[{i}]", "is the assistant's, so it must follow a message of the user.");
        if (fields.IsValid && messages.All(m => m is not { Role: "assistant", Weight: null }))
            fields.Fault(name, "has nothing to learn: every message of the assistant has weight 0. Give at least one weight 1.");
        return fields.IsValid ? new([.. messages.Select(m => new TrainingMessage(m.Role, m.Content, m.Weight))]) : null;
    }
}
