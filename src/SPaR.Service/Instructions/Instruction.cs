using System.Collections.Immutable;
using System.Text.Json.Nodes;
using SPaR.Abstractions;

namespace SPaR.Service.Instructions;

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

    /// <summary>What a program can verify of an answer, kept as given: <see cref="Method.Verifying.ConstraintsReader"/> says in which
    /// form. Anything, where it was stored before that was checked.</summary>
    public JsonNode? Constraints { get; init; }

    /// <summary>Anything the user wants to find again, kept as given.</summary>
    public JsonNode? Metadata { get; init; }
}
