using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Method.Items;

namespace SPaR.Service.Datasets;

/// <summary>Reads one line of an upload in its format, and says by field what is wrong with it. Fields that a format's readers do not
/// need, such as tools or tags, are passed over.</summary>
internal static class DatasetReader
{
    /// <returns>Null, with at least one more error, where it cannot be taken.</returns>
    public static SourceRow? Read(JsonElement json, DatasetFormat format, string line, List<FieldError> errors)
    {
        var fields = new Fields(line, errors);
        if (json.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new(line, "A row is a JSON object."));
            return null;
        }

        if (json.GetRawText().Contains("\\u0000", StringComparison.Ordinal))
        {
            errors.Add(new(line, "It holds the character U+0000; remove it."));
            return null;
        }

        var before = errors.Count;
        var row = format switch
        {
            DatasetFormat.Trl => new SourceRow(
                line, fields.Prompt(json, "prompt"), fields.Answer(json, "chosen"), fields.Answer(json, "rejected", blank: true)),
            DatasetFormat.TrlStandard => new(
                line, [new("user", fields.Text(json, "prompt"))], fields.Text(json, "chosen"), fields.Text(json, "rejected", blank: true)),
            DatasetFormat.Llamafactory => new(
                line, fields.Prompt(json, "messages"), fields.Message(json, "chosen"), fields.Message(json, "rejected", blank: true)),
            DatasetFormat.Openai => new(
                line, fields.Prompt(json, "input", "messages"), fields.Answer(json, "preferred_output"),
                fields.Answer(json, "non_preferred_output", blank: true)),
            _ => new(line, fields.Example(json), null, null),
        };
        if (errors.Count == before && row.Chosen is not null && row.Chosen == row.Rejected)
            errors.Add(new($"{line}: rejected", "It is equal to chosen; a preference needs two different answers."));
        return errors.Count > before ? null : row;
    }

    private sealed class Fields(string line, List<FieldError> errors)
    {
        /// <param name="blank">Whether it may say nothing, as a rejected answer may.</param>
        public string Text(JsonElement json, string name, bool blank = false) => Filled(Value(json, name, name), name, blank);

        /// <summary>One message of the assistant.</summary>
        public string Message(JsonElement json, string name, bool blank = false) => Assistant(Value(json, name, name), name, blank);

        /// <summary>A list with one message of the assistant.</summary>
        public string Answer(JsonElement json, string name, bool blank = false)
        {
            if (Value(json, name, name) is not { } list)
                return "";
            if (list.ValueKind == JsonValueKind.Array && list.GetArrayLength() == 1)
                return Assistant(list[0], $"{name}[0]", blank);
            Fault(name, "It is a list with one message of the assistant.");
            return "";
        }

        public ImmutableArray<TrainingMessage> Prompt(JsonElement json, params string[] path)
        {
            var name = string.Join('.', path);
            JsonElement? at = json;
            foreach (var part in path)
                at = at is { } inside ? Value(inside, part, name) : null;
            // Nothing of a prompt is learnt, so a weight in it says nothing.
            var messages = Messages(at, name, weighed: false);
            if (messages.Length > 0 && messages[^1].Role != "user")
                Fault(name, $"The last message is the {messages[^1].Role}'s; a prompt ends with the user's.");
            return messages;
        }

        public ImmutableArray<TrainingMessage> Example(JsonElement json)
        {
            var messages = Messages(Value(json, "messages", "messages"), "messages", weighed: true);
            if (messages.Length > 0 && messages[^1].Role != "assistant")
                Fault("messages", $"The last message is the {messages[^1].Role}'s; it must be the assistant's, which is learnt.");
            for (var i = 0; i < messages.Length; i++)
                if (messages[i].Role == "assistant" && (i == 0 || messages[i - 1].Role != "user"))
                    Fault($"messages[{i}]", "A message of the assistant follows one of the user.");
            if (messages.Any(m => m.Role == "assistant") && !messages.Any(m => m.IsLearnt))
                Fault("messages", "Every message of the assistant has the weight 0, so there is nothing to learn; give one the weight 1.");
            return messages;
        }

        private ImmutableArray<TrainingMessage> Messages(JsonElement? json, string name, bool weighed)
        {
            if (json is not { } list)
                return [];
            if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
            {
                Fault(name, "It is a list of messages, each with role and content.");
                return [];
            }

            return [.. list.EnumerateArray().Select((message, i) => Message(message, $"{name}[{i}]", i, weighed))];
        }

        private TrainingMessage Message(JsonElement message, string name, int index, bool weighed)
        {
            var role = RoleOf(message);
            if (role is not ("system" or "user" or "assistant"))
                Fault($"{name}.role", $"It is {(role is null ? "missing" : $"'{role}'")}; it must be system, user or assistant.");
            else if (role == "system" && index > 0)
                Fault($"{name}.role", "A system message can only be the first.");
            return new(
                role ?? "", Filled(Value(message, "content", $"{name}.content"), $"{name}.content"),
                weighed ? Weight(message, name, role) : null);
        }

        /// <returns>Null for 1, which is what is meant without one: the same data has the same hash.</returns>
        private int? Weight(JsonElement message, string name, string? role)
        {
            if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("weight", out var weight)
                || weight.ValueKind == JsonValueKind.Null)
                return null;
            if (role != "assistant")
                Fault($"{name}.weight", "Only messages of the assistant are learnt, so only they have a weight; leave it out.");
            else if (weight.ValueKind != JsonValueKind.Number || !weight.TryGetInt32(out var value) || value is not (0 or 1))
                Fault($"{name}.weight", "It is 1 (the message is learnt) or 0 (it is not).");
            else
                return value == 0 ? 0 : null;
            return null;
        }

        private string Assistant(JsonElement? message, string name, bool blank)
        {
            if (message is not { } value)
                return "";
            var role = RoleOf(value);
            if (role != "assistant")
                Fault($"{name}.role", $"It is {(role is null ? "missing" : $"'{role}'")}; an answer is the assistant's.");
            return Filled(Value(value, "content", $"{name}.content"), $"{name}.content", blank);
        }

        private static string? RoleOf(JsonElement message) =>
            message.ValueKind == JsonValueKind.Object && message.TryGetProperty("role", out var role)
            && role.ValueKind == JsonValueKind.String ? role.GetString() : null;

        private JsonElement? Value(JsonElement json, string name, string place)
        {
            if (json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
                return value;
            Fault(place, "It is missing.");
            return null;
        }

        private string Filled(JsonElement? json, string name, bool blank = false)
        {
            if (json is not { } value)
                return "";
            if (value.ValueKind == JsonValueKind.String && (blank || !string.IsNullOrWhiteSpace(value.GetString())))
                return value.GetString()!;
            Fault(name, value.ValueKind == JsonValueKind.String ? "It is empty." : "It is a text.");
            return "";
        }

        private void Fault(string name, string message) => errors.Add(new($"{line}: {name}", message));
    }
}
