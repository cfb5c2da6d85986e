using SPaR.Abstractions;
using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Recipes;
using SPaR.Method.Sampling;

namespace SPaR.Method;

/// <summary>Answers and judges a few instructions before a run, to see whether the judge's votes can be read at all.</summary>
internal static class PreflightCheck
{
    /// <summary>How many instructions are looked at.</summary>
    public const int Instructions = 4;

    /// <summary>Below this share of readable votes the run is likely to be wasted.</summary>
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

    /// <returns>Empty for an instruction that does not fit: the run itself will say so.</returns>
    private static async Task<IEnumerable<Judgement>> JudgeOneAsync(ItemRun item, CancellationToken cancellationToken)
    {
        try
        {
            var answers = await SampleStage.RunAsync(item, cancellationToken);
            return (await JudgeStage.RunAsync(item, answers, cancellationToken)).Select(j => j.Judgement);
        }
        catch (PromptTooLongException)
        {
            return [];
        }
        finally
        {
            item.Prefixes.Dispose();
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
            return "No instruction fitted the context, so the judge was not tried. Lower sample.max_tokens and judge.max_tokens, or use "
                + "models with a longer context.";
        }

        if (rate >= EnoughReadable)
            return null;
        return $"Only {readable} of {votes} votes had a verdict that could be read, so most answers will end without a label. "
            + $"{cut} of the votes were cut by judge.max_tokens. Check that the prompt set (prompts) is the one that the refiner was "
            + "trained on, that the refiner follows instructions, and that judge.max_tokens leaves room for the verdict.";
    }
}
