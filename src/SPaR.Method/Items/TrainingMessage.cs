using System.Text.Json.Serialization;
using SPaR.Abstractions;

namespace SPaR.Method.Items;

/// <summary>A message that may be learnt, in OpenAI's form.</summary>
/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Weight">0: a message of the assistant that is not learnt, because another wrote it. Null: it is learnt where it is the
/// assistant's.</param>
public sealed record TrainingMessage(
    string Role, string Content, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Weight = null)
{
    /// <summary>Whether the tokens of this message count in the loss.</summary>
    [JsonIgnore]
    public bool IsLearnt => Role == "assistant" && Weight != 0;

    internal static TrainingMessage Of(ChatMessage message) => new(message.Role, message.Content);

    /// <summary>A message that stands before what is learnt and is not learnt itself, whoever wrote it.</summary>
    internal static TrainingMessage Given(ChatMessage message)
        => new(message.Role, message.Content, message.Role == "assistant" ? 0 : null);

    internal ChatMessage ToChat() => new(Role, Content);
}
