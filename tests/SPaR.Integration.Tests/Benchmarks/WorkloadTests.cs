using System.Collections.Concurrent;
using SPaR.Benchmarks;
using SPaR.Benchmarks.Inference;

namespace SPaR.Integration.Tests.Benchmarks;

public sealed class WorkloadTests
{
    private static readonly WorkloadTexts Texts = new(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length, 30_000);

    private readonly ConcurrentBag<GenerationRequest> _asked = [];
    private int _held;

    [Fact]
    public async Task Eight_trees_are_472_generations_of_47200_tokens()
    {
        var done = await new Workload(WorkloadShape.Whole, Texts).RunAsync([.. Enumerable.Range(0, 8)], 8, Answer);
        done.Generations.ShouldBe(472);
        done.TokensGenerated.ShouldBe(47_200);
        WorkloadShape.Whole.Generations(8).ShouldBe(472);
        WorkloadShape.Whole.GeneratedTokens(8).ShouldBe(47_200);
        _asked.Sum(r => r.Seeds.Length).ShouldBe(472);
        _asked.SelectMany(r => r.Seeds).Distinct().Count().ShouldBe(472, "a seed belongs to one place");
    }

    [Fact]
    public async Task A_refinement_continues_the_first_vote_token_for_token_and_a_judgement_starts_as_all_of_its_tree_do()
    {
        await new Workload(WorkloadShape.Whole, Texts).RunAsync([2], 1, Answer);
        var (judging, refining) = (_asked.Where(r => r.Retain).ToList(), _asked.Where(r => !r.Retain).ToList());
        (judging.Count, refining.Count).ShouldBe((10, 3));
        refining.ShouldAllBe(r => r.Conversation.Turns.Length == 3 && r.Seeds.Length == 3);
        foreach (var refine in refining)
        {
            var judged = judging.Single(j => j.Conversation.Turns[0] == refine.Conversation.Turns[0]);
            refine.Conversation.Turns[1].Tokens!.Value[0].ShouldBe((int)judged.Seeds[0]);
        }
        judging.Select(j => string.Join(' ', j.Conversation.Turns[0].Content.Split(' ')[..(60 + 300)])).Distinct().Count().ShouldBe(1);
        _asked.ShouldAllBe(r => r.Priority == new RequestPriority("bench", 2, false));
    }

    [Fact]
    public async Task Every_prefix_lease_is_disposed()
    {
        await new Workload(WorkloadShape.Whole, Texts).RunAsync([0, 1], 2, Answer);
        _asked.Count(r => r.Retain).ShouldBe(20);
        _held.ShouldBe(0);
    }

    [Fact]
    public void Instructions_have_from_300_to_700_tokens()
    {
        var lengths = Enumerable.Range(0, 8).Select(t => Texts.Judge(t, "").Split(' ').Length - 60 - 40).Order().ToList();
        (lengths[0], lengths[^1]).ShouldBe((300, 700));
        lengths.Distinct().Count().ShouldBe(8);
        (Texts.Judge(WorkloadTexts.Typical, "").Split(' ').Length - 100).ShouldBe(lengths[3]);
    }

    [Fact]
    public async Task A_sample_of_another_length_ends_the_measurement()
    {
        var workload = new Workload(WorkloadShape.Whole with { Tokens = 50 }, Texts);
        (await Should.ThrowAsync<InvalidOperationException>(workload.RunAsync([0], 1, r => Answer(r, 49))))
            .Message.ShouldContain("5 samples of 50 tokens");
    }

    private Task<GenerationResult> Answer(GenerationRequest request) => Answer(request, request.Sampling.MaxTokens);

    private Task<GenerationResult> Answer(GenerationRequest request, int tokens)
    {
        _asked.Add(request);
        if (request.Retain)
            Interlocked.Increment(ref _held);
        return Task.FromResult(new GenerationResult(
            [.. request.Seeds.Select(seed => new Sample($" {WordVocabulary.Word((int)seed % 32_000)}",
                [.. Enumerable.Repeat((int)seed, tokens)], FinishReason.Length))],
            new TokenUsage(1, request.Seeds.Length - 1, tokens))
        {
            Prefix = request.Retain ? new Lease(this) : null,
        });
    }

    private sealed class Lease(WorkloadTests tests) : IPrefixLease
    {
        public void Keep(int sample) => sample.ShouldBe(0, "the first vote is the one that is continued");

        public void Dispose() => Interlocked.Decrement(ref tests._held);
    }
}
