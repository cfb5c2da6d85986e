using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Method.Tracing;

namespace SPaR.Method.Sampling;

/// <summary>Asks the actor for n answers to one instruction. Does not know what they are used for.</summary>
internal static class SampleStage
{
    /// <returns>All n answers by index: the stored ones, and the missing ones from one request.</returns>
    /// <exception cref="PromptTooLongException">The instruction and an answer together do not fit the context.</exception>
    public static async Task<IReadOnlyList<Answer>> RunAsync(ItemRun item, CancellationToken cancellationToken)
    {
        using var span = MethodTrace.Start("sample");
        var options = item.Recipe.Sample;
        var answers = item.Journal.Found.Answers.Where(a => a.Index < options.N).ToDictionary(a => a.Index);
        int[] missing = [.. Enumerable.Range(0, options.N).Where(i => !answers.ContainsKey(i))];
        if (missing.Length > 0)
        {
            var (fresh, usage) = await AskAsync(item, missing, cancellationToken);
            await item.Journal.SaveAsync(fresh, usage, cancellationToken);
            foreach (var answer in fresh)
                answers.Add(answer.Index, answer);
        }

        return [.. answers.Values.OrderBy(a => a.Index)];
    }

    private static async Task<(IReadOnlyList<Answer> Answers, TokenUsage Usage)> AskAsync(
        ItemRun item, int[] indices, CancellationToken cancellationToken)
    {
        var actor = item.Models.Actor;
        var conversation = new Conversation([.. item.Prompt.Select(m => m.ToTurn())]);
        var request = item.Request(
            conversation, item.Recipe.Sample.ToSampling(), [.. indices.Select(i => item.Seed("sample", i))], "sample");
        var replies = await item.GenerateAsync(actor, request, cancellationToken);
        var promptHash = PromptHash.Of(item.Prompt);
        var texts = replies.All.Select(r => r.Text.Trim()).ToList();
        var answers = indices.Select((index, i) => new Answer
        {
            RunId = item.Key.RunId,
            Round = item.Key.Round,
            InstructionId = item.Key.InstructionId,
            Index = index,
            Text = texts[i],
            Reasoning = replies.All[i].Reasoning,
            Tokens = replies.All[i].Sample.Tokens,
            Truncated = replies.All[i].Truncated,
            Verifier = item.Verifier?.Check(texts[i]),
            Seed = request.Seeds[i],
            ModelHash = actor.File.Hash,
            PromptHash = promptHash,
        });
        List<Answer> made = [.. answers];
        foreach (var answer in made)
            MethodTrace.Verified($"a{answer.Index}", answer.Verifier);
        return (made, replies.Usage);
    }
}
