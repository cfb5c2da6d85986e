using System.Text.Json.Nodes;
using SPaR.Method.Items;
using SPaR.Service.Http;
using SPaR.Service.Instructions;
using SPaR.Service.Items;

namespace SPaR.Service.Datasets;

/// <summary>The format of exported training data.</summary>
internal enum PreferenceFormat
{
    /// <summary>TRL, conversational.</summary>
    Trl,

    /// <summary>TRL, plain texts.</summary>
    TrlStandard,

    /// <summary>LLaMA-Factory, with OpenAI's messages.</summary>
    Llamafactory,

    /// <summary>OpenAI's fine-tuning.</summary>
    Openai,

    /// <summary>Everything known about a row.</summary>
    Spar,
}

/// <summary>A pair with the origins of both sides.</summary>
/// <param name="Pair">As the models made it.</param>
/// <param name="Human">What a person said of it; null if nobody did.</param>
internal sealed record PairOrigins(
    Pair Pair, Instruction Instruction, RowOrigin? Chosen, RowOrigin? Rejected, PairVerdict? Human = null);

/// <summary>The seed and hashes that an answer was generated with, and what the model thought before it.</summary>
internal sealed record RowOrigin(ulong Seed, string ModelHash, string PromptHash, string? Reasoning);

/// <summary>Builds a row of each format, with exactly the fields that its readers accept.</summary>
internal static class PreferenceRow
{
    public static object Of(PreferenceFormat format, PairOrigins source)
    {
        var pair = source.Pair.As(source.Human);
        return format is PreferenceFormat.Spar
            ? SparRow.Of(source)
            : Preference(format, source.Instruction.Messages, pair.Chosen, pair.Rejected);
    }

    /// <summary>A row of another tool's format.</summary>
    public static object Preference(PreferenceFormat format, IReadOnlyList<ChatMessage> prompt, string chosen, string rejected)
    {
        ChatMessage better = new("assistant", chosen), worse = new("assistant", rejected);
        return format switch
        {
            PreferenceFormat.Trl => new TrlRow(prompt, [better], [worse]),
            PreferenceFormat.TrlStandard => new TrlTextRow(PlainForm.Of(prompt), chosen, rejected),
            PreferenceFormat.Llamafactory => new LlamaFactoryRow(prompt, better, worse),
            PreferenceFormat.Openai => new OpenAiRow(new(prompt, [], true), [better], [worse]),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "It is not another tool's."),
        };
    }

    // A single prompt stays as it is. A longer conversation has no plain form, so its roles are written out.
    internal static string Plain(IReadOnlyList<ChatMessage> prompt) => PlainForm.Has(prompt)
        ? prompt[0].Content
        : string.Join("\n\n", prompt.Select(m => $"{char.ToUpperInvariant(m.Role[0])}{m.Role[1..]}: {m.Content}"));
}

/// <summary>What can be a plain text: a conversation that is one message of the user. Any other needs the model's chat template.</summary>
internal static class PlainForm
{
    public static bool Has(IReadOnlyList<ChatMessage> prompt) => prompt is [{ Role: "user" }];

    /// <exception cref="InvalidOperationException">It has none; check it first.</exception>
    public static string Of(IReadOnlyList<ChatMessage> prompt) => Has(prompt)
        ? prompt[0].Content
        : throw new InvalidOperationException("A conversation has no plain form.");

    /// <param name="what">"run" or "dataset".</param>
    public static ConflictProblem Refuse(string what, string id) => ConflictProblem.Of(
        "no-plain-form", $"The {what} '{id}' has conversations of several messages, which have no form as plain text. Use the format trl, "
        + "to which TRL applies the model's chat template.");
}

internal sealed record TrlRow(IReadOnlyList<ChatMessage> Prompt, ChatMessage[] Chosen, ChatMessage[] Rejected);

internal sealed record TrlTextRow(string Prompt, string Chosen, string Rejected);

internal sealed record LlamaFactoryRow(IReadOnlyList<ChatMessage> Messages, ChatMessage Chosen, ChatMessage Rejected);

internal sealed record OpenAiRow(OpenAiInput Input, ChatMessage[] PreferredOutput, ChatMessage[] NonPreferredOutput);

internal sealed record OpenAiInput(IReadOnlyList<ChatMessage> Messages, string[] Tools, bool ParallelToolCalls);

/// <param name="Ordinal">The instruction's position in its set.</param>
/// <param name="Chosen">As a person edited it, if one did.</param>
/// <param name="ChosenFrom">The node (<c>r.0.1</c>) or sampled answer (<c>a2</c>) that was chosen.</param>
/// <param name="ChosenValue">Votes for it / readable votes.</param>
/// <param name="ChosenVerifier">Which constraints it follows; null if none of the instruction's can be checked.</param>
/// <param name="Similarity">1 − token edit distance / longer length, in [0, 1].</param>
/// <param name="FilteredBy">The filter of the recipe that leaves it out of trainings; null if none does.</param>
/// <param name="Human">What a person said of it; null if nobody did.</param>
/// <param name="Unedited">The chosen answer as the model wrote it, if a person edited it.</param>
internal sealed record SparRow(
    string Id, string RunId, int Round, string InstructionId, int Ordinal, IReadOnlyList<ChatMessage> Messages, JsonNode? Constraints,
    JsonNode? Metadata, string Chosen, string ChosenFrom, double ChosenValue, Verification? ChosenVerifier,
    RowOrigin? ChosenOrigin, string Rejected, string RejectedFrom, double RejectedValue, Verification? RejectedVerifier,
    RowOrigin? RejectedOrigin, double Similarity, PairFilter? FilteredBy, GivenVerdictView? Human, string? Unedited)
{
    public static SparRow Of(PairOrigins source)
    {
        var (made, instruction, chosen, rejected, human) = source;
        var pair = made.As(human);
        return new(
            pair.Id, pair.RunId, pair.Round, pair.InstructionId, instruction.Ordinal, instruction.Messages, instruction.Constraints,
            instruction.Metadata, pair.Chosen, pair.ChosenFrom, pair.ChosenValue, pair.ChosenVerifier, chosen, pair.Rejected,
            pair.RejectedFrom, pair.RejectedValue, pair.RejectedVerifier, rejected, pair.Similarity, pair.FilteredBy,
            human is null ? null : GivenVerdictView.Of(human), human?.Chosen is null ? null : made.Chosen);
    }
}
