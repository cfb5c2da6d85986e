using SPaR.Abstractions;
using SPaR.Runs;

namespace SPaR.Judging;

/// <summary>Asks the judge for k votes on one answer, in one request, and counts them. Stores nothing.</summary>
internal sealed class Voting(Walk walk)
{
    private readonly VerdictReader reader = new(walk.Recipe.Prompts.Verdict);
    private readonly string promptHash = PromptHash.Of(walk.Recipe.Prompts);

    /// <param name="subject"><c>a2</c> or <c>r.0.1</c>.</param>
    /// <param name="seed">The seed of a vote by its index.</param>
    /// <exception cref="PromptTooLongException">The judge's prompt does not fit the context beside a vote.</exception>
    public async Task<(Judgement Judgement, TokenUsage Usage)> AskAsync(
        string subject, int attempt, string answer, Func<int, ulong> seed, string purpose, CancellationToken cancellationToken)
    {
        var recipe = walk.Recipe;
        var judge = walk.Players.Judge;
        var request = new GenerationRequest(
            JudgePrompt.Conversation(recipe.Prompts, walk.Prompt, answer),
            recipe.Judge.ToSampling(),
            [.. Enumerable.Range(0, recipe.Judge.Votes).Select(seed)],
            purpose);
        var result = await judge.GenerateAsync(request, cancellationToken);
        var votes = result.Samples.Select((s, i) =>
            new Vote(reader.Read(s.Text), s.Text, s.Tokens, s.Finish == FinishReason.Length, request.Seeds[i])).ToList();
        var count = VoteCount.Of([.. votes.Select(v => v.Verdict)]);
        var judgement = new Judgement
        {
            RunId = walk.Key.RunId,
            Round = walk.Key.Round,
            InstructionId = walk.Key.InstructionId,
            Subject = subject,
            Attempt = attempt,
            Votes = [.. votes],
            Label = count.Label,
            Value = count.Value,
            Critique = count.Critique,
            ModelHash = judge.File.Sha256,
            PromptHash = promptHash,
        };
        return (judgement, result.Usage);
    }
}
