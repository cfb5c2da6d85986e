using System.Collections.Concurrent;
using System.Text.Json;
using SPaR.Integration.Tests.Llama;
using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Recipes;
using SPaR.MicroWorld;
using SPaR.Service.Recipes;

namespace SPaR.Integration.Tests.Evaluation;

/// <summary>The ways to judge, on the micro model and the same probes: how often each is right, and what it costs.</summary>
public sealed class JudgingModesTests
{
    private const int Probes = 100;

    [Fact]
    public async Task The_probability_of_yes_behind_one_critique_is_right_at_least_as_often_as_one_vote()
    {
        await using var engine = Engines.Create(sequences: 64, batch: 512);
        await using var model = await engine.LoadAsync(new(MicroModel.Path, "", "mistral-v7"), default);
        var recipe = RecipeReader.Read(JsonDocument.Parse(MicroModel.ReadRecipe()).RootElement);

        var weighed = recipe with { Judge = recipe.Judge with { Judging = JudgingMode.Logit } };
        var single = recipe with { Judge = recipe.Judge with { Votes = 1 } };

        // Exact, so that both see the very same critiques.
        var exact = await JudgeAsync(model, weighed with { Deterministic = true });
        exact.Right.ShouldBeGreaterThanOrEqualTo((await JudgeAsync(model, single with { Deterministic = true })).Right);
        exact.Right.ShouldBeGreaterThan(Probes * 9 / 10);

        var (logit, vote) = (await JudgeAsync(model, weighed), await JudgeAsync(model, single));
        // What is scored continues the critique, of which only the last token is computed again; else all that was generated would be.
        // Which prompts find their beginning there differs from time to time.
        (logit.Usage.PrefillComputed - vote.Usage.PrefillComputed).ShouldBeLessThan(vote.Usage.Generated / 2);
        logit.Usage.Generated.ShouldBeInRange(vote.Usage.Generated * 9 / 10, vote.Usage.Generated * 11 / 10);
    }

    private static async Task<Judged> JudgeAsync(ITextModel model, Recipe recipe)
    {
        var world = new VerifiableMicroWorld();
        var (usage, rights) = (new ConcurrentBag<TokenUsage>(), new ConcurrentBag<bool>());
        await Parallel.ForEachAsync(
            world.Probes(Probes).Index(), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (probe, stop) =>
            {
                var item = new ItemRun(
                    new("modes", 0, $"{probe.Index}"), probe.Index, [new("user", probe.Item.Prompt)], RunSeed: 1, recipe,
                    new(model, model, model), new CountingJournal(usage));
                using var prefixes = item.Prefixes;
                var judged = await JudgeStage.RunAsync(item, [AnswerOf(item, probe.Item)], stop);
                rights.Add(judged[0].Judgement.Label == (probe.Item.Satisfies ? Label.Good : Label.Bad));
            });
        return new(rights.Count(right => right), usage.Aggregate(default(TokenUsage), (sum, one) => sum + one));
    }

    private static Answer AnswerOf(ItemRun item, Probe probe) => new()
    {
        RunId = item.Key.RunId,
        Round = 0,
        InstructionId = item.Key.InstructionId,
        Index = 0,
        Text = probe.Answer,
        Tokens = [],
        Truncated = false,
        Seed = 0,
        ModelHash = "",
        PromptHash = "",
    };

    private sealed record Judged(int Right, TokenUsage Usage);

    private sealed class CountingJournal(ConcurrentBag<TokenUsage> usages) : IJournal
    {
        public ItemRecord Found => ItemRecord.Empty;

        public Task SaveAsync(IReadOnlyList<IItemRow> rows, TokenUsage usage, CancellationToken cancellationToken)
        {
            usages.Add(usage);
            return Task.CompletedTask;
        }

        public Task FinishAsync(ItemEnd end, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
