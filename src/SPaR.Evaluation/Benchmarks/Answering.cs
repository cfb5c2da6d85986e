using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Recipes;
using SPaR.Method.Refinement;
using SPaR.Method.Sampling;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>An answer and what it cost.</summary>
/// <param name="Generations">Answers that were generated, refinements included.</param>
/// <param name="Judged">Answers that were judged.</param>
public sealed record Answered(string Text, TokenUsage Usage, int Generations, int Judged)
{
    /// <summary>What the model thought before it; null if it did not, or its reasoning is part of the text.</summary>
    public string? Reasoning { get; init; }
}

/// <summary>Answers a prompt in the way of a decoding; arXiv 2412.11605 calls the last two "+ tree search". Uses the stages and prompts
/// of a run; does not know how the answer is measured.</summary>
public static class Answering
{
    /// <param name="prompt">Ends with the user's message.</param>
    /// <exception cref="PromptTooLongException">The prompt and an answer, or an answer and a vote, together do not fit the
    /// context.</exception>
    public static async Task<Answered> AskAsync(Measuring measuring, IReadOnlyList<ChatMessage> prompt, CancellationToken cancellationToken)
    {
        var counts = new CountingJournal();
        var (text, reasoning) = measuring.Decoding switch
        {
            Decoding.Greedy => await SampleAsync(
                measuring, prompt, counts, measuring.Recipe.Sample with { Temperature = 0 }, cancellationToken),
            Decoding.Sample => await SampleAsync(measuring, prompt, counts, measuring.Recipe.Sample, cancellationToken),
            Decoding.BestOfN => await BestOfNAsync(measuring, prompt, counts, cancellationToken),
            Decoding.Bfs => await SearchAsync(measuring, prompt, counts, "bfs", cancellationToken),
            Decoding.Dfs => await SearchAsync(measuring, prompt, counts, "dfs", cancellationToken),
            _ => throw new InvalidOperationException($"The decoding {measuring.Decoding} is not implemented; add it here."),
        };
        return new(text, counts.Usage, counts.Generations, counts.Judged) { Reasoning = reasoning };
    }

    private static async Task<(string Text, string? Reasoning)> SampleAsync(
        Measuring measuring, IReadOnlyList<ChatMessage> prompt, CountingJournal counts, SampleOptions sample,
        CancellationToken cancellationToken)
    {
        var item = (measuring with { Recipe = measuring.Recipe with { Sample = sample with { N = 1 } } }).ItemRun(prompt, counts);
        return Of((await SampleStage.RunAsync(item, cancellationToken))[0]);
    }

    private static async Task<(string Text, string? Reasoning)> BestOfNAsync(
        Measuring measuring, IReadOnlyList<ChatMessage> prompt, CountingJournal counts, CancellationToken cancellationToken)
    {
        // Values rank the answers, so every vote is asked for.
        var judge = measuring.Recipe.Judge with { EarlyStop = false };
        var item = (measuring with { Recipe = measuring.Recipe with { Judge = judge } }).ItemRun(prompt, counts);
        using var prefixes = item.Prefixes;
        var answers = await SampleStage.RunAsync(item, cancellationToken);
        var judged = await JudgeStage.RunAsync(item, answers, cancellationToken);
        return Of(judged.MaxBy(j => j.Judgement.Value ?? -1)?.Answer ?? answers[0]);
    }

    private static async Task<(string Text, string? Reasoning)> SearchAsync(
        Measuring measuring, IReadOnlyList<ChatMessage> prompt, CountingJournal counts, string strategy,
        CancellationToken cancellationToken)
    {
        var recipe = measuring.Recipe;
        recipe = recipe with { Sample = recipe.Sample with { N = 1 }, Refine = recipe.Refine with { Strategy = strategy } };
        var item = (measuring with { Recipe = recipe }).ItemRun(prompt, counts);
        using var prefixes = item.Prefixes;
        var answers = await SampleStage.RunAsync(item, cancellationToken);
        if (await JudgeStage.RunAsync(item, answers, cancellationToken) is not [{ Judgement.Label: Label.Bad } bad])
            return Of(answers[0]);
        var search = await RefineStage.RunAsync(item, bad, cancellationToken);
        return search.Final is { } final && final.Value > recipe.Pair.Accept ? (final.Text, final.Row.Reasoning) : Of(bad.Answer);
    }

    private static (string Text, string? Reasoning) Of(Answer answer) => (answer.Text, answer.Reasoning);
}
