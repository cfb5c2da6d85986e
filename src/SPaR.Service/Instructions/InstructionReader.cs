using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Abstractions;
using SPaR.Method.Input;
using SPaR.Method.Verifying;

namespace SPaR.Service.Instructions;

/// <summary>An instruction as read, before it has an id.</summary>
internal sealed record InstructionDraft(ImmutableArray<ChatMessage> Messages, JsonNode? Constraints, JsonNode? Metadata);

/// <summary>Reads one instruction from JSON and says by field what is wrong with it.</summary>
internal static class InstructionReader
{
    private static readonly string[] Roles = ["system", "user", "assistant"];

    /// <returns>Null, with at least one more error, where it cannot be taken.</returns>
    public static InstructionDraft? Read(JsonElement json, Place place, List<FieldError> errors)
    {
        var before = errors.Count;
        if (json.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new(place.Name, "An instruction is an object with 'prompt' or 'messages'."));
            return null;
        }

        if (!StorableText.Is(json))
        {
            errors.Add(new(place.Name, "It holds the character U+0000 or text that is not Unicode; remove it."));
            return null;
        }

        foreach (var property in json.EnumerateObject())
            if (property.Name is not ("prompt" or "messages" or "constraints" or "metadata"))
                errors.Add(new(
                    place.Of(property.Name), "No such property is known; there are prompt, messages, constraints and metadata."));

        var prompt = Given(json, "prompt");
        var messages = Given(json, "messages");
        ImmutableArray<ChatMessage> conversation = [];
        if (prompt is not null && messages is not null)
            errors.Add(new(place.Of("prompt"), "Give either prompt or messages, not both."));
        else if (prompt is { } text)
            conversation = OfPrompt(text, place, errors);
        else if (messages is { } list)
            conversation = OfMessages(list, place, errors);
        else
            errors.Add(new(place.Of("prompt"), "Give prompt (a text) or messages (a conversation that ends with the user's)."));

        if (Given(json, "constraints") is { } constraints)
            ConstraintsReader.Read(constraints, conversation is [.., var last] ? last.Content : "", place, errors);
        return errors.Count > before ? null : new(conversation, Node(json, "constraints"), Node(json, "metadata"));
    }

    private static ImmutableArray<ChatMessage> OfPrompt(JsonElement prompt, Place place, List<FieldError> errors)
    {
        if (prompt.ValueKind != JsonValueKind.String)
            errors.Add(new(place.Of("prompt"), "A prompt is a string."));
        else if (string.IsNullOrWhiteSpace(prompt.GetString()))
            errors.Add(new(place.Of("prompt"), "The prompt is empty; say what is to be done."));
        else
            return [new("user", prompt.GetString()!)];
        return [];
    }

    private static ImmutableArray<ChatMessage> OfMessages(JsonElement messages, Place place, List<FieldError> errors)
    {
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
        {
            errors.Add(new(place.Of("messages"), "messages is a list of objects with role and content, the user's last."));
            return [];
        }

        var read = ImmutableArray.CreateBuilder<ChatMessage>();
        foreach (var (index, message) in messages.EnumerateArray().Index())
            if (OfMessage(message, place.Of($"messages[{index}]"), index, errors) is { } one)
                read.Add(one);
        if (read.Count == messages.GetArrayLength() && read[^1].Role != "user")
            errors.Add(new(
                place.Of("messages"), $"The last message is the {read[^1].Role}'s; it must be the user's, for the model to answer."));
        return read.ToImmutable();
    }

    private static ChatMessage? OfMessage(JsonElement message, string field, int index, List<FieldError> errors)
    {
        var before = errors.Count;
        if (message.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new(field, "A message is an object with role and content."));
            return null;
        }

        foreach (var property in message.EnumerateObject())
            if (property.Name is not ("role" or "content"))
                errors.Add(new($"{field}.{property.Name}", "No such property is known; there are role and content."));
        var role = Text(message, "role");
        var content = Text(message, "content");
        if (role is null || !Roles.Contains(role))
            errors.Add(new(
                $"{field}.role", $"The role is {(role is null ? "missing" : $"'{role}'")}; it must be system, user or assistant."));
        else if (role == "system" && index > 0)
            errors.Add(new($"{field}.role", "A system message can only be the first."));
        if (string.IsNullOrWhiteSpace(content))
            errors.Add(new($"{field}.content", "The content is missing or empty."));
        return errors.Count > before ? null : new(role!, content!);
    }

    private static JsonElement? Given(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string? Text(JsonElement json, string name) =>
        Given(json, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private static JsonNode? Node(JsonElement json, string name) =>
        Given(json, name) is { } value ? JsonSerializer.SerializeToNode(value) : null;
}
