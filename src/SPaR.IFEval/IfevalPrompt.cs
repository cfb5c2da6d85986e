using System.Text.Json;

namespace SPaR.IFEval;

/// <summary>One line of <c>input_data.jsonl</c>, with its constraints ready to check.</summary>
/// <param name="Key">Identifies the prompt in its file.</param>
/// <param name="InstructionIds">The file's <c>instruction_id_list</c>.</param>
/// <param name="Kwargs">One per instruction, as given.</param>
/// <param name="Constraints">One per instruction, in order.</param>
public sealed record IfevalPrompt(
    PromptKey Key, string Prompt, IReadOnlyList<string> InstructionIds, IReadOnlyList<JsonElement> Kwargs, ConstraintSet Constraints);

/// <summary>A number in IFEval's own file, a string in others. The same digits as a number and as a string are two keys.</summary>
public readonly record struct PromptKey(string Text, bool IsNumber)
{
    public override string ToString() => Text;

    /// <summary>Writes it the way it was read.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        if (IsNumber)
            writer.WriteRawValue(Text);
        else
            writer.WriteStringValue(Text);
    }

    /// <returns>Null if the value is neither a whole number nor a string.</returns>
    internal static PromptKey? Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetInt64(out _) => new(value.GetRawText(), IsNumber: true),
        JsonValueKind.String => new(value.GetString()!, IsNumber: false),
        _ => null,
    };
}

/// <param name="Line">From 1; blank lines count.</param>
/// <param name="Field">Such as <c>kwargs[1].num_words</c>; empty if the whole line is wrong.</param>
/// <param name="Message">What is wrong, and what would be right.</param>
public sealed record LineError(long Line, string Field, string Message)
{
    public override string ToString() => Field.Length == 0 ? $"line {Line}: {Message}" : $"line {Line}, {Field}: {Message}";
}

/// <param name="Prompts">Those without errors, in order.</param>
public sealed record IfevalFile(IReadOnlyList<IfevalPrompt> Prompts, IReadOnlyList<LineError> Errors);
