using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Method.Input;
using SPaR.Method.Verifying;

namespace SPaR.Service.Instructions;

/// <summary>An instruction as read, before it has an id.</summary>
internal sealed record InstructionDraft(ImmutableArray<ChatMessage> Messages, JsonNode? Constraints, JsonNode? Metadata);

/// <summary>Reads one instruction: <c>{prompt | messages, constraints?, metadata?}</c>.</summary>
internal static class InstructionReader
{
    /// <returns>Null, with at least one more error, if it is invalid.</returns>
    public static InstructionDraft? Read(JsonElement json, Place place, List<FieldError> errors)
    {
        var fields = new FieldReader(json, place, errors);
        if (!fields.IsValid)
            return null;
        var (hasPrompt, hasMessages) = (fields.Has("prompt"), fields.Has("messages"));
        var (constraints, metadata) = (fields.Value("constraints"), fields.Value("metadata"));
        fields.RefuseUnknown();
        var conversation = Conversation(fields, hasPrompt, hasMessages);
        if (constraints is { } given)
            ConstraintsReader.Read(given, conversation is [.., var last] ? last.Content : "", place, errors);
        return fields.IsValid ? new(conversation, Node(constraints), Node(metadata)) : null;
    }

    private static ImmutableArray<ChatMessage> Conversation(FieldReader fields, bool hasPrompt, bool hasMessages)
    {
        switch (hasPrompt, hasMessages)
        {
            case (true, false):
                return [new("user", fields.RequiredText("prompt", "a text that says what to do"))];
            case (false, true):
                return fields.Messages("messages", "user", (message, given) =>
                {
                    message.RefuseUnknown();
                    return given;
                });
            case (true, true):
                fields.Fault("prompt", "is given next to messages; give one of them.");
                return [];
            default:
                fields.Fault("prompt", "is missing; give prompt (a text) or messages (a conversation that ends with the user's message).");
                return [];
        }
    }

    private static JsonNode? Node(JsonElement? json) => json is { } value ? JsonSerializer.SerializeToNode(value) : null;
}
