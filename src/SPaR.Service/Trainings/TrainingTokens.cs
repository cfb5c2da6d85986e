using System.Collections.Immutable;
using SPaR.Method.Items;
using SPaR.Service.Datasets;

namespace SPaR.Service.Trainings;

/// <summary>Turns rows into the tokens that inference would see. Drops rows that are too long or teach nothing, with the reason; truncates
/// none.</summary>
internal static class TrainingTokens
{
    /// <returns>A row to train on, or why there is none.</returns>
    public static (TrainingRow? Row, DroppedRow? Dropped) Of(ITextModel model, TrainingMethod method, SourceRow source, int maxLength)
    {
        if (IsOnlyReasoning(model, source))
            return (null, new(source.Id, "It has reasoning without an answer."));
        try
        {
            return method is TrainingMethod.Dpo ? Pair(model, source, maxLength) : Example(model, source, maxLength);
        }
        catch (ArgumentException e)
        {
            return (null, new(source.Id, $"The model's chat template cannot hold it: {e.Message}"));
        }
    }

    private static (TrainingRow?, DroppedRow?) Pair(ITextModel model, SourceRow source, int maxLength)
    {
        var conversation = Conversation(source.Messages);
        var prompt = model.Encode(conversation);
        var chosen = Whole(model.EncodeAnswer(conversation, Answer(model, source.Chosen!)));
        var rejected = Whole(model.EncodeAnswer(conversation, Answer(model, source.Rejected!)));
        if (chosen.AsSpan().SequenceEqual(rejected.AsSpan()))
            return (null, new(source.Id, "chosen and rejected have the same tokens."));
        return TooLong(prompt.Length + Math.Max(chosen.Length, rejected.Length), maxLength, source.Id) is { } dropped
            ? (null, dropped)
            : (new(source.Id, Prompt: prompt, Chosen: chosen, Rejected: rejected), null);
    }

    /// <summary>Every assistant turn to learn is a target with the end of its turn, after the tokens of the prompt that it answered. Other
    /// turns are given as text, as in a prompt. A preference gives its chosen side, and no turn before it.</summary>
    private static (TrainingRow?, DroppedRow?) Example(ITextModel model, SourceRow source, int maxLength)
    {
        var turns = source.Chosen is { } chosen
            ? [.. source.Messages.Select(m => TrainingMessage.Given(m.ToChat())), new("assistant", chosen)]
            : source.Messages;
        var before = Abstractions.Conversation.Empty;
        ImmutableArray<int> tokens = [];
        var targets = new List<bool>();
        for (var i = 0; i < turns.Length; i++)
        {
            if (turns[i].Role != "assistant")
            {
                before = before.Add(turns[i].ToChat().ToTurn());
                continue;
            }

            if (!turns[i].IsLearnt)
            {
                before = before.Add(turns[i].ToChat().ToTurn());
                continue;
            }

            var prompt = model.Encode(before);
            var answer = model.EncodeAnswer(before, Answer(model, turns[i].Content));
            targets.AddRange(Enumerable.Repeat(false, prompt.Length - targets.Count));
            tokens = [.. prompt, .. answer.Content, .. answer.End];
            targets.AddRange(Enumerable.Repeat(true, tokens.Length - prompt.Length));
            before = before.Assistant(turns[i].Content, answer.Content);
        }

        return TooLong(tokens.Length, maxLength, source.Id) is { } dropped
            ? (null, dropped)
            : (new(source.Id, Tokens: tokens, Targets: [.. targets]), null);
    }

    private static Conversation Conversation(IEnumerable<TrainingMessage> messages) => new([.. messages.Select(m => m.ToChat().ToTurn())]);

    private static bool IsOnlyReasoning(ITextModel model, SourceRow source) =>
        source.Messages.Where(m => m.IsLearnt).Select(m => m.Content).Concat([source.Chosen, source.Rejected]).OfType<string>()
            .Any(text => text.Length > 0 && Answer(model, text).Length == 0);

    /// <summary>Without reasoning, which is never learnt.</summary>
    private static string Answer(ITextModel model, string text) => model.Reasoning?.AnswerOf(text) ?? text;

    private static ImmutableArray<int> Whole(EncodedAnswer answer) => [.. answer.Content, .. answer.End];

    private static DroppedRow? TooLong(int tokens, int maxLength, string id) => tokens > maxLength
        ? new(id, $"It has {tokens} tokens, more than max_length, {maxLength}.")
        : null;
}
