using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Recipes;

namespace SPaR.Method.Refinement;

/// <summary>The conversation in which an answer is refined, for inference and training alike: it continues the judge's
/// conversation.</summary>
internal static class RefinePrompt
{
    /// <summary>With its generated tokens, the critique extends the judge's own sequence token for token. A critique after reasoning is
    /// given as text: chat templates leave the reasoning out of earlier turns.</summary>
    /// <param name="asGenerated">Whether the refiner's model gave the critique's tokens.</param>
    public static Conversation Conversation(
        PromptSet set, IReadOnlyList<ChatMessage> prompt, string response, Vote critique, bool asGenerated)
    {
        var judged = JudgePrompt.Conversation(set, prompt, response);
        return (asGenerated && critique.Reasoning is null
            ? judged.Assistant(critique.Text, critique.Tokens)
            : judged.Assistant(critique.Text.Trim())).User(set.Refine);
    }

    public static IReadOnlyList<ChatMessage> Messages(
        PromptSet set, IReadOnlyList<ChatMessage> prompt, string response, Vote critique) =>
        [.. JudgePrompt.Messages(set, prompt, response), new("assistant", critique.Text.Trim()), new("user", set.Refine)];
}
