using System.Collections.Immutable;
using System.Text.Json.Nodes;
using SPaR.Service.Uploads;

namespace SPaR.Service.Instructions;

/// <summary>Instructions in order. Rows can be added at the end; none is ever changed, moved or removed.</summary>
public sealed class InstructionSet
{
    /// <summary><c>set_…</c></summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required int Count { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How the first file was understood; null in old rows.</summary>
    public UploadReport? Upload { get; init; }
}

/// <summary>One instruction, as the user gave it.</summary>
public sealed class Instruction
{
    /// <summary><c>ins_…</c></summary>
    public required string Id { get; init; }

    public required string SetId { get; init; }

    /// <summary>Position in the set, from 0; seeds derive from it.</summary>
    public required int Ordinal { get; init; }

    /// <summary>The conversation up to the answer; the last message is the user's.</summary>
    public required ImmutableArray<ChatMessage> Messages { get; init; }

    /// <summary>What a program can verify about an answer, stored as given; <see cref="Method.Verifying.ConstraintsReader"/> describes the
    /// forms. Old rows may contain anything, because uploads were not checked then.</summary>
    public JsonNode? Constraints { get; init; }

    /// <summary>Anything that the user wants to find again, stored as given.</summary>
    public JsonNode? Metadata { get; init; }
}
