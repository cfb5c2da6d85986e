namespace SPaR.Abstractions;

/// <summary>A message as stored in rows and sent in JSON.</summary>
/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
public sealed record ChatMessage(string Role, string Content)
{
    public Turn ToTurn() => new(Role switch
    {
        "system" => Abstractions.Role.System,
        "user" => Abstractions.Role.User,
        "assistant" => Abstractions.Role.Assistant,
        _ => throw new InvalidOperationException($"A message has the role '{Role}'; it must be system, user or assistant."),
    }, Content);
}
