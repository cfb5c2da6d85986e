using System.Text.Json.Nodes;
using SPaR.Method.Items;
using SPaR.Service.Instructions;

namespace SPaR.Service.RunResults;

/// <summary>The format of exported preference pairs.</summary>
internal enum PreferenceFormat
{
    /// <summary>TRL, conversational.</summary>
    Trl,

    /// <summary>LLaMA-Factory, ranking, with OpenAI's messages.</summary>
    Llamafactory,

    /// <summary>OpenAI's preference fine-tuning.</summary>
    Openai,

    /// <summary>Everything known about a pair.</summary>
    Spar,
}

/// <summary>A pair with the origins of both sides.</summary>
internal sealed record PairOrigins(Pair Pair, Instruction Instruction, RowOrigin? Chosen, RowOrigin? Rejected);

/// <summary>The seed and hashes that an answer was generated with, and what the model thought before it.</summary>
internal sealed record RowOrigin(ulong Seed, string ModelHash, string PromptHash, string? Reasoning);

/// <summary>Builds a row of each format, with exactly the fields that its readers accept.</summary>
internal static class PreferenceRow
{
    public static object Of(PreferenceFormat format, PairOrigins source)
    {
        var prompt = source.Instruction.Messages;
        ChatMessage chosen = new("assistant", source.Pair.Chosen);
        ChatMessage rejected = new("assistant", source.Pair.Rejected);
        return format switch
        {
            PreferenceFormat.Trl => new TrlRow(prompt, [chosen], [rejected]),
            PreferenceFormat.Llamafactory => new LlamaFactoryRow(prompt, chosen, rejected),
            PreferenceFormat.Openai => new OpenAiRow(new(prompt, [], true), [chosen], [rejected]),
            _ => SparRow.Of(source),
        };
    }

    // A single prompt stays as it is. A longer conversation has no plain form, so its roles are written out.
    internal static string Plain(IReadOnlyList<ChatMessage> prompt) => prompt is [{ Role: "user" }]
        ? prompt[0].Content
        : string.Join("\n\n", prompt.Select(m => $"{char.ToUpperInvariant(m.Role[0])}{m.Role[1..]}: {m.Content}"));
}

internal sealed record TrlRow(IReadOnlyList<ChatMessage> Prompt, ChatMessage[] Chosen, ChatMessage[] Rejected);

internal sealed record LlamaFactoryRow(IReadOnlyList<ChatMessage> Messages, ChatMessage Chosen, ChatMessage Rejected);

internal sealed record OpenAiRow(OpenAiInput Input, ChatMessage[] PreferredOutput, ChatMessage[] NonPreferredOutput);

internal sealed record OpenAiInput(IReadOnlyList<ChatMessage> Messages, string[] Tools, bool ParallelToolCalls);

/// <param name="Ordinal">The instruction's position in its set.</param>
/// <param name="ChosenFrom">The node (<c>r.0.1</c>) or sampled answer (<c>a2</c>) that was chosen.</param>
/// <param name="ChosenValue">Votes for it / readable votes.</param>
/// <param name="ChosenVerifier">Which constraints it follows; null if none of the instruction's can be checked.</param>
/// <param name="Similarity">1 − token edit distance / longer length, in [0, 1].</param>
/// <param name="FilteredBy">The filter of the recipe that leaves it out of trainings; null if none does.</param>
internal sealed record SparRow(
    string Id, string RunId, int Round, string InstructionId, int Ordinal, IReadOnlyList<ChatMessage> Messages, JsonNode? Constraints,
    JsonNode? Metadata, string Chosen, string ChosenFrom, double ChosenValue, Verification? ChosenVerifier,
    RowOrigin? ChosenOrigin, string Rejected, string RejectedFrom, double RejectedValue, Verification? RejectedVerifier,
    RowOrigin? RejectedOrigin, double Similarity, PairFilter? FilteredBy)
{
    public static SparRow Of(PairOrigins source)
    {
        var (pair, instruction, chosen, rejected) = source;
        return new(
            pair.Id, pair.RunId, pair.Round, pair.InstructionId, instruction.Ordinal, instruction.Messages, instruction.Constraints,
            instruction.Metadata, pair.Chosen, pair.ChosenFrom, pair.ChosenValue, pair.ChosenVerifier, chosen, pair.Rejected,
            pair.RejectedFrom, pair.RejectedValue, pair.RejectedVerifier, rejected, pair.Similarity, pair.FilteredBy);
    }
}
