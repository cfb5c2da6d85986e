using System.Collections.Immutable;
using System.Text.Json;

namespace SPaR.Method.Input;

/// <summary>Reads conversations, of instructions and of training data alike.</summary>
internal static class MessageReader
{
    private const string Wanted = "a list of messages, each with role and content";

    /// <param name="last">Whose message must be the last.</param>
    /// <param name="read">Reads what a message has next to its role and content.</param>
    /// <returns>The messages that could be read.</returns>
    public static ImmutableArray<T> Messages<T>(
        this FieldReader fields, string name, string last, Func<FieldReader, ChatMessage, T> read)
    {
        if (fields.Required(name, Wanted) is not { } json)
            return [];
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() == 0)
        {
            fields.Wrong(name, Wanted);
            return [];
        }

        var messages = ImmutableArray.CreateBuilder<T>();
        var role = last;
        foreach (var (index, element) in json.EnumerateArray().Index())
        {
            var message = fields.Nested($"{name}[{index}]", element);
            role = last;
            if (!message.IsValid)
                continue;
            var given = Message(message, isFirst: index == 0);
            messages.Add(read(message, given));
            // An invalid message is an error already.
            role = message.IsValid ? given.Role : last;
        }

        if (role != last)
            fields.Fault(name, $"ends with a message of the {role}; it must end with one of the {last}.");
        return messages.ToImmutable();
    }

    private static ChatMessage Message(FieldReader fields, bool isFirst)
    {
        var role = fields.RequiredOneOf("role", "system", "user", "assistant");
        if (role == "system" && !isFirst)
            fields.Fault("role", "is system, which only the first message may be.");
        return new(role, fields.RequiredText("content", "the text of the message"));
    }
}
