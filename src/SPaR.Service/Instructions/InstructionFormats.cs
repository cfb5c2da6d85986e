using System.Collections.Immutable;
using System.Text.Json.Nodes;
using SPaR.Service.Uploads;

namespace SPaR.Service.Instructions;

/// <summary>An instruction as read, before it has an id.</summary>
internal sealed record InstructionDraft(ImmutableArray<ChatMessage> Messages, JsonNode? Constraints, JsonNode? Metadata);

/// <summary>What a row of an instruction set may be. To add a format, write a class and list it here.</summary>
internal static class InstructionFormats
{
    /// <summary>The first that recognises a row reads it, so the more particular ones come first.</summary>
    public static IReadOnlyList<IRowFormat<InstructionDraft>> All { get; } =
        [new IfevalInstructions(), new ChatInstructions(), new AlpacaInstructions()];
}
