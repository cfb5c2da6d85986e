using SPaR.Method.Items;

namespace SPaR.Method.Judging;

/// <summary>Judges every sampled answer once, all of them at the same time. Knows nothing of trees.</summary>
internal static class JudgeStage
{
    /// <returns>The answers in their order, each with its judgement, without those that are only reasoning.</returns>
    /// <exception cref="PromptTooLongException">An answer does not fit the judge's context.</exception>
    public static async Task<IReadOnlyList<JudgedAnswer>> RunAsync(
        ItemRun item, IReadOnlyList<Answer> answers, CancellationToken cancellationToken)
    {
        var voting = new Voting(item);
        var found = item.Journal.Found.Judgements.Where(j => j.Attempt == 0).ToDictionary(j => j.Subject);
        var judged = new List<JudgedAnswer>();
        await InOrder.RunAsync(
            answers.Where(a => !a.IsOnlyReasoning),
            async (answer, token) => found.TryGetValue(Subject(answer), out var stored)
                ? (Judgement: stored, Usage: default, IsFresh: false)
                : await JudgeAsync(item, voting, answer, token),
            async (answer, result) =>
            {
                if (result.IsFresh)
                    await item.Journal.SaveAsync([result.Judgement], result.Usage, cancellationToken);
                judged.Add(new(answer, result.Judgement));
            },
            cancellationToken);
        return judged;
    }

    public static string Subject(Answer answer) => $"a{answer.Index}";

    private static async Task<(Judgement Judgement, TokenUsage Usage, bool IsFresh)> JudgeAsync(
        ItemRun item, Voting voting, Answer answer, CancellationToken cancellationToken)
    {
        var subject = Subject(answer);
        var (judgement, usage) = await voting.JudgeAsync(
            subject, 0, answer.Text, vote => item.Seed("judge", answer.Index, vote), $"judge {subject}", inTree: false, cancellationToken);
        return (judgement, usage, true);
    }
}

/// <summary>A sampled answer and its judgement.</summary>
internal sealed record JudgedAnswer(Answer Answer, Judgement Judgement)
{
    public string Subject => Judgement.Subject;
}
