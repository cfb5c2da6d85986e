using System.Text.RegularExpressions;
using SPaR.Method.Recipes;

namespace SPaR.Method.Judging;

/// <summary>The conversation in which an answer is judged, for inference and training alike.</summary>
internal static partial class JudgePrompt
{
    /// <summary>Fills in the placeholders of the set's judge messages. Text that was filled in is not searched for placeholders.</summary>
    /// <param name="prompt">The instruction's messages. A single user message is used as it is; several are written out as a
    /// transcript.</param>
    public static IReadOnlyList<ChatMessage> Messages(PromptSet set, IReadOnlyList<ChatMessage> prompt, string response)
    {
        var instruction = Transcript(prompt);
        return [.. set.Judge.Select(m => m with
        {
            Content = Placeholder().Replace(m.Content, p => p.Value == "{prompt}" ? instruction : response),
        })];
    }

    public static Conversation Conversation(PromptSet set, IReadOnlyList<ChatMessage> prompt, string response) =>
        new([.. Messages(set, prompt, response).Select(m => m.ToTurn())]);

    private static string Transcript(IReadOnlyList<ChatMessage> prompt) => prompt is [{ Role: "user" } only]
        ? only.Content
        : string.Join("\n\n", prompt.Select(m => $"{char.ToUpperInvariant(m.Role[0])}{m.Role[1..]}: {m.Content}"));

    [GeneratedRegex(@"\{prompt\}|\{response\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();
}
