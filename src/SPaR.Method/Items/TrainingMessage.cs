using System.Text.Json.Serialization;

namespace SPaR.Method.Items;

/// <summary>A message of a training conversation, in OpenAI's form.</summary>
/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Weight">0: an assistant message that is not learnt, because another model wrote it. Null: learnt if the role is
/// assistant.</param>
public sealed record TrainingMessage(
    string Role, string Content, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Weight = null)
{
    /// <summary>Whether the tokens of this message count in the loss.</summary>
    [JsonIgnore]
    public bool IsLearnt => Role == "assistant" && Weight != 0;

    internal static TrainingMessage Of(ChatMessage message) => new(message.Role, message.Content);

    /// <summary>A message of the prompt: not learnt, whoever wrote it.</summary>
    internal static TrainingMessage Given(ChatMessage message)
        => new(message.Role, message.Content, message.Role == "assistant" ? 0 : null);

    internal ChatMessage ToChat() => new(Role, Content);
}
