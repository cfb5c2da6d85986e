using SPaR.Abstractions;
using SPaR.Judging;
using SPaR.Runs;

namespace SPaR.Sampling;

/// <summary>Asks the actor for n answers to one instruction. Does not know what becomes of them.</summary>
internal static class SampleStage
{
    /// <returns>All n answers by index: those found, and the missing ones, asked for in one request.</returns>
    /// <exception cref="PromptTooLongException">The instruction does not fit the context beside an answer.</exception>
    public static async Task<IReadOnlyList<Answer>> RunAsync(Walk walk, CancellationToken cancellationToken)
    {
        var options = walk.Recipe.Sample;
        var answers = walk.Journal.Found.Answers.Where(a => a.Index < options.N).ToDictionary(a => a.Index);
        int[] missing = [.. Enumerable.Range(0, options.N).Where(i => !answers.ContainsKey(i))];
        if (missing.Length > 0)
        {
            var (fresh, usage) = await AskAsync(walk, missing, cancellationToken);
            await walk.Journal.SaveAsync(fresh, usage, cancellationToken);
            foreach (var answer in fresh)
                answers.Add(answer.Index, answer);
        }

        return [.. answers.Values.OrderBy(a => a.Index)];
    }

    private static async Task<(IReadOnlyList<Answer> Answers, TokenUsage Usage)> AskAsync(
        Walk walk, int[] indices, CancellationToken cancellationToken)
    {
        var actor = walk.Players.Actor;
        var conversation = new Conversation([.. walk.Prompt.Select(m => m.ToTurn())]);
        var request = walk.Request(
            conversation, walk.Recipe.Sample.ToSampling(), [.. indices.Select(i => walk.Seed("sample", i))], "sample");
        var result = await actor.GenerateAsync(request, cancellationToken);
        var promptHash = PromptHash.Of(walk.Prompt);
        var texts = result.Samples.Select(s => s.Text.Trim()).ToList();
        var answers = indices.Select((index, i) => new Answer
        {
            RunId = walk.Key.RunId,
            Round = walk.Key.Round,
            InstructionId = walk.Key.InstructionId,
            Index = index,
            Text = texts[i],
            Tokens = result.Samples[i].Tokens,
            Truncated = result.Samples[i].Finish == FinishReason.Length,
            Verifier = walk.Verifier?.Check(texts[i]),
            Seed = request.Seeds[i],
            ModelHash = actor.File.Hash,
            PromptHash = promptHash,
        });
        return ([.. answers], result.Usage);
    }
}
