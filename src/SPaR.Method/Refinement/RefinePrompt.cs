using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Recipes;

namespace SPaR.Method.Refinement;

/// <summary>The conversation in which an answer is refined, for inference and training alike: it continues the judge's
/// conversation.</summary>
internal static class RefinePrompt
{
    /// <summary>The critique keeps its generated tokens, so this extends the judge's own sequence token for token.</summary>
    public static Conversation Conversation(PromptSet set, IReadOnlyList<ChatMessage> prompt, string response, Vote critique) =>
        JudgePrompt.Conversation(set, prompt, response).Assistant(critique.Text, critique.Tokens).User(set.Refine);

    public static IReadOnlyList<ChatMessage> Messages(
        PromptSet set, IReadOnlyList<ChatMessage> prompt, string response, Vote critique) =>
        [.. JudgePrompt.Messages(set, prompt, response), new("assistant", critique.Text.Trim()), new("user", set.Refine)];
}
