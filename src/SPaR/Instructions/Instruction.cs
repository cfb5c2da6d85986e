using System.Collections.Immutable;
using System.Text.Json.Nodes;
using SPaR.Abstractions;

namespace SPaR.Instructions;

/// <summary>Instructions submitted together, in order; immutable once complete.</summary>
public sealed class InstructionSet
{
    /// <summary><c>set_…</c></summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required int Count { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>One thing to do, as the user gave it.</summary>
public sealed class Instruction
{
    /// <summary><c>ins_…</c></summary>
    public required string Id { get; init; }

    public required string SetId { get; init; }

    /// <summary>Position in the set, from 0; seeds derive from it.</summary>
    public required int Ordinal { get; init; }

    /// <summary>The conversation up to the answer; the last message is the user's.</summary>
    public required ImmutableArray<ChatMessage> Messages { get; init; }

    /// <summary>What a program can verify of an answer, kept as given: <see cref="Verifying.ConstraintsReader"/> says in which
    /// form. Anything, where it was stored before that was checked.</summary>
    public JsonNode? Constraints { get; init; }

    /// <summary>Anything the user wants to find again, kept as given.</summary>
    public JsonNode? Metadata { get; init; }
}

/// <summary>A message as it stands in rows and on the wire.</summary>
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
