using SPaR.Abstractions;
using SPaR.Instructions;
using SPaR.Judging;
using SPaR.Refinement;
using SPaR.Sampling;

namespace SPaR.Evaluation;

/// <summary>An answer and what it took.</summary>
/// <param name="Generations">Answers that were generated, mendings included.</param>
/// <param name="Judged">Answers that a judge valued.</param>
public sealed record Answered(string Text, TokenUsage Usage, int Generations, int Judged);

/// <summary>How an answer comes about at inference time, by decoding: arXiv 2412.11605 calls the last two "+ tree search". Asks with the
/// stages and prompts of a run; does not know what the answer is measured by.</summary>
public static class Answering
{
    /// <param name="prompt">Ends with the user's message.</param>
    /// <exception cref="PromptTooLongException">It does not fit beside an answer, or an answer beside a vote.</exception>
    public static async Task<Answered> AskAsync(Measuring measuring, IReadOnlyList<ChatMessage> prompt, CancellationToken stop)
    {
        var counts = new Counts();
        var text = measuring.Decoding switch
        {
            Decoding.Greedy => await OneAsync(measuring, prompt, counts, measuring.Recipe.Sample with { Temperature = 0 }, stop),
            Decoding.Sample => await OneAsync(measuring, prompt, counts, measuring.Recipe.Sample, stop),
            Decoding.BestOfN => await BestAsync(measuring, prompt, counts, stop),
            Decoding.Bfs => await SearchedAsync(measuring, prompt, counts, "bfs", stop),
            Decoding.Dfs => await SearchedAsync(measuring, prompt, counts, "dfs", stop),
            _ => throw new InvalidOperationException($"No way of answering is called {measuring.Decoding}; add it here."),
        };
        return new(text, counts.Usage, counts.Generations, counts.Judged);
    }

    private static async Task<string> OneAsync(
        Measuring measuring, IReadOnlyList<ChatMessage> prompt, Counts counts, SampleOptions sample, CancellationToken stop)
    {
        var walk = (measuring with { Recipe = measuring.Recipe with { Sample = sample with { N = 1 } } }).Walk(prompt, counts);
        return (await SampleStage.RunAsync(walk, stop))[0].Text;
    }

    private static async Task<string> BestAsync(
        Measuring measuring, IReadOnlyList<ChatMessage> prompt, Counts counts, CancellationToken stop)
    {
        // Values rank the answers, so all votes are asked.
        var judge = measuring.Recipe.Judge with { EarlyStop = false };
        var walk = (measuring with { Recipe = measuring.Recipe with { Judge = judge } }).Walk(prompt, counts);
        using var trunks = walk.Trunks;
        var judged = await JudgeStage.RunAsync(walk, await SampleStage.RunAsync(walk, stop), stop);
        return judged.MaxBy(j => j.Judgement.Value ?? -1)!.Answer.Text;
    }

    private static async Task<string> SearchedAsync(
        Measuring measuring, IReadOnlyList<ChatMessage> prompt, Counts counts, string strategy, CancellationToken stop)
    {
        var recipe = measuring.Recipe;
        recipe = recipe with { Sample = recipe.Sample with { N = 1 }, Refine = recipe.Refine with { Strategy = strategy } };
        var walk = (measuring with { Recipe = recipe }).Walk(prompt, counts);
        using var trunks = walk.Trunks;
        var first = (await JudgeStage.RunAsync(walk, await SampleStage.RunAsync(walk, stop), stop))[0];
        if (first.Judgement.Label != Label.Bad)
            return first.Answer.Text;
        var search = await RefineStage.RunAsync(walk, first, stop);
        return search.Final is { } final && final.Value > recipe.Pair.Accept ? final.Text : first.Answer.Text;
    }
}
