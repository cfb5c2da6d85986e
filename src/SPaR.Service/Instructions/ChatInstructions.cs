using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Method.Verifying;
using SPaR.Service.Uploads;

namespace SPaR.Service.Instructions;

/// <summary>A prompt, or a conversation that ends with the user's message:
/// <c>{prompt | messages | conversations, constraints?, metadata?}</c>.</summary>
internal sealed class ChatInstructions : IRowFormat<InstructionDraft>
{
    private static readonly string[] Texts = ["prompt", "messages", "conversations"];

    public string Name => "chat";

    public IReadOnlyList<Column> Columns { get; } =
    [
        new("prompt", ColumnType.TextOrMessages), new("messages", ColumnType.Json), new("conversations", ColumnType.Json),
        new("constraints", ColumnType.Json), new("metadata", ColumnType.Json),
    ];

    public bool Recognises(JsonElement row) => Texts.Any(name => row.TryGetProperty(name, out _));

    public InstructionDraft? Read(UploadedRow row, List<FieldError> errors)
    {
        var fields = new FieldReader(row.Json, row.Place, errors);
        if (!fields.IsValid)
            return null;
        var (constraints, metadata) = (fields.Value("constraints"), fields.Value("metadata"));
        var conversation = Conversation(fields, row.DropLastAnswer);
        if (constraints is { } given)
            ConstraintsReader.Read(given, conversation is [.., var last] ? last.Content : "", row.Place, errors);
        return fields.IsValid
            ? new(conversation, constraints is { } json ? JsonSerializer.SerializeToNode(json) : null,
                RowMetadata.Of(metadata, row.Kept))
            : null;
    }

    private static ImmutableArray<ChatMessage> Conversation(FieldReader fields, bool dropLastAnswer)
    {
        string[] given = [.. Texts.Where(fields.Has)];
        if (given.Length > 1)
            fields.Fault(given[0], $"is given next to {given[1]}; give one of them.");
        else if (given.Length == 0)
            fields.Fault("prompt", "is missing; give prompt (a text) or messages (a conversation that ends with the user's message).");
        if (given.Length != 1)
            return [];
        // A prompt may be a conversation too, as TRL's prompt-only data sets have it.
        return given[0] == "prompt" && fields.Value("prompt") is not { ValueKind: JsonValueKind.Array }
            ? [new("user", fields.RequiredText("prompt", "a text that says what to do"))]
            : Conversation(fields, given[0], dropLastAnswer);
    }

    private static ImmutableArray<ChatMessage> Conversation(FieldReader fields, string name, bool dropLastAnswer)
    {
        var messages = fields.Messages(name);
        if (dropLastAnswer && messages is [.., { Role: "assistant" }])
            messages = messages[..^1];
        if (fields.IsValid && messages is not [.., { Role: "user" }])
            fields.Fault(name, messages is [.., var last]
                ? $"ends with a message of the {last.Role}; it must end with one of the user"
                    + $"{(last.Role == "assistant" ? ". last_answer=drop takes the assistant's last message off." : ".")}"
                : "has no message of the user to answer.");
        return [.. messages.Select(message => new ChatMessage(message.Role, message.Content))];
    }
}
