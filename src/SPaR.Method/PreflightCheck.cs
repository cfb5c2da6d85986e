using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Recipes;
using SPaR.Method.Sampling;

namespace SPaR.Method;

/// <summary>Answers and judges a few instructions before a run, to see whether the judge's votes are readable at all.</summary>
internal static class PreflightCheck
{
    /// <summary>How many instructions are tried.</summary>
    public const int Instructions = 4;

    /// <summary>Below this share of readable votes, the run would probably be wasted.</summary>
    private const double EnoughReadable = 0.5;

    public static async Task<Preflight> RunAsync(
        IReadOnlyList<IReadOnlyList<ChatMessage>> prompts,
        long runSeed,
        Recipe recipe,
        RunModels models,
        CancellationToken cancellationToken)
    {
        var one = recipe with { Sample = recipe.Sample with { N = 1 } };
        var judgements = new List<Judgement>();
        await InOrder.RunAsync(
            prompts.Take(Instructions).Select((prompt, ordinal) =>
                new ItemRun(new("preflight", 0, $"{ordinal}"), ordinal, prompt, runSeed, one, models, new UnstoredJournal())),
            JudgeOneAsync,
            (_, judged) =>
            {
                judgements.AddRange(judged);
                return Task.CompletedTask;
            },
            cancellationToken);
        return Report(judgements);
    }

    /// <returns>Empty for an instruction that does not fit the context or got no answer; the run itself reports it.</returns>
    private static async Task<IEnumerable<Judgement>> JudgeOneAsync(ItemRun item, CancellationToken cancellationToken)
    {
        using var prefixes = item.Prefixes;
        try
        {
            var answers = await SampleStage.RunAsync(item, cancellationToken);
            return (await JudgeStage.RunAsync(item, answers, cancellationToken)).Select(j => j.Judgement);
        }
        catch (PromptTooLongException)
        {
            return [];
        }
    }

    private static Preflight Report(List<Judgement> judgements)
    {
        var votes = judgements.Sum(j => j.Votes.Length);
        var readable = judgements.Sum(j => j.Votes.Count(v => v.Verdict != Verdict.Unreadable));
        var cut = judgements.Sum(j => j.Votes.Count(v => v.Truncated));
        var rate = votes == 0 ? 0 : (double)readable / votes;
        return new(judgements.Count, votes, readable, rate, Warning(votes, readable, cut, rate));
    }

    private static string? Warning(int votes, int readable, int cut, double rate)
    {
        if (votes == 0)
        {
            return "No answer could be judged. Either the instructions do not fit the context: lower sample.max_tokens and "
                + "judge.max_tokens, or use models with a longer context. Or the answers ended within their reasoning: raise "
                + "sample.max_tokens.";
        }

        if (rate >= EnoughReadable)
            return null;
        return $"Only {readable} of {votes} votes have a readable verdict, so most answers will get no label. judge.max_tokens cut "
            + $"{cut} of the votes. Check that the refiner was trained on this prompt set (prompts), that it follows instructions, and "
            + "that judge.max_tokens leaves room for the verdict.";
    }
}
