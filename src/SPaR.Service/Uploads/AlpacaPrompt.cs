using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Method.Input;

namespace SPaR.Service.Uploads;

/// <summary>A prompt as Alpaca and LLaMA-Factory write it: an instruction and its input, with a line break between them; a system prompt;
/// and earlier turns as pairs of texts.</summary>
internal static class AlpacaPrompt
{
    public static IReadOnlyList<Column> Columns { get; } =
        [new("instruction"), new("input", ColumnType.TextOrMessages), new("system"), new("history", ColumnType.Json)];

    public static ImmutableArray<ChatMessage> Read(FieldReader fields)
    {
        var messages = ImmutableArray.CreateBuilder<ChatMessage>();
        if (fields.Text("system", null, "a text") is { } system && !string.IsNullOrWhiteSpace(system))
            messages.Add(new("system", system));
        foreach (var (index, turn) in fields.Elements("history", "a list of pairs of texts").Index())
        {
            if (turn.ValueKind is JsonValueKind.Array && turn.GetArrayLength() == 2
                && turn.EnumerateArray().All(text => text.ValueKind is JsonValueKind.String))
            {
                messages.Add(new("user", turn[0].GetString()!));
                messages.Add(new("assistant", turn[1].GetString()!));
            }
            else
            {
                fields.Fault($"history[{index}]", "must be a pair of texts: what the user said and the answer.");
            }
        }

        var instruction = fields.RequiredText("instruction", "a text that says what to do");
        var input = fields.Text("input", null, "a text");
        messages.Add(new("user", string.IsNullOrWhiteSpace(input) ? instruction : $"{instruction}\n{input}"));
        return messages.ToImmutable();
    }
}
