using FsCheck;
using FsCheck.Fluent;

namespace SPaR.Tests.Llama;

/// <summary>Scored continuations go through the scheduler like samples.</summary>
public sealed class SchedulerScoringTests
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 20).Select(i => 1 + (i % 7))];
    private static readonly int[][] Verdicts = [[5], [6, 7, 8], [6, 9]];

    [Fact]
    public void Continuations_of_one_request_share_its_prompt_and_are_scored_each_by_itself()
    {
        var world = new SchedulerWorld();
        var request = world.Score(Prompt, Verdicts);

        world.Run();

        SchedulerWorld.ShouldBeScored(request, Verdicts);
        // 20 of the prompt, and of each continuation all but its last token, which nothing follows.
        request.Usage.ShouldBe(new(20 + 0 + 2 + 1, 2 * 20, 0));
        world.Counters.TokensGenerated.ShouldBe(0, "nothing is drawn");
    }

    [Fact]
    public void A_single_token_costs_no_more_than_its_prompt()
    {
        var world = new SchedulerWorld();
        var request = world.Score(Prompt, [[5], [6]]);

        world.Run();

        SchedulerWorld.ShouldBeScored(request, [5], [6]);
        world.Counters.Steps.ShouldBe(2, "20 tokens in batches of 16");
    }

    [Fact]
    public void Behind_a_retained_sample_only_the_last_token_is_computed_again()
    {
        var world = new SchedulerWorld();
        var vote = world.Ask(Prompt, retain: true);
        world.Run();
        int[] critique = [.. vote.Sequences[0].Tokens];
        critique.Length.ShouldBeGreaterThan(2, "the next lines mean something");

        var request = world.Score([.. Prompt, .. critique[..^1]], [[5], [6]]);
        world.Run();

        SchedulerWorld.ShouldBeScored(request, [5], [6]);
        request.Usage.PrefillComputed.ShouldBe(1, "its logits are not kept");
        vote.Lease!.Dispose();
    }

    [Fact]
    public void What_greedy_generation_says_is_greedy_and_another_token_is_not()
    {
        var world = new SchedulerWorld();
        var best = Enumerable.Range(0, ScriptedDecoder.Vocabulary).MaxBy(t => ScriptedDecoder.LogitsAfter(Prompt)[t]);
        var other = best == 5 ? 6 : 5;

        var request = world.Score(Prompt, [[best], [other]]);
        world.Run();

        request.Sequences.Select(s => s.Score.Greedy).ShouldBe([true, false]);
    }

    [Fact]
    public void A_continuation_that_is_stopped_to_make_room_comes_to_the_same()
    {
        var world = new SchedulerWorld(cells: 48);
        // Short ones first, so that long ones are expected to be short and too many start.
        for (var i = 0; i < 12; i++)
            world.Score([.. Prompt, 1 + i], [[3]]);
        world.Run();
        int[][] texts = [.. Enumerable.Range(0, 6).Select(i => Enumerable.Range(i, 30).Select(t => 1 + (t % 20)).ToArray())];
        var requests = texts.Select((text, i) => world.Score([1 + i, 2, 3], [text])).ToArray();

        world.Run();

        for (var i = 0; i < requests.Length; i++)
            SchedulerWorld.ShouldBeScored(requests[i], texts[i]);
        world.Counters.Preemptions.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void An_express_one_takes_the_place_of_the_youngest_sample()
    {
        var world = new SchedulerWorld(sequences: 2);
        var slow = Enumerable.Range(0, 4).Select(i => world.Ask([1 + i, 2])).ToArray();
        world.Step();

        var express = world.Score([9, 9], [[5]], new("now", 0, Express: true));
        world.Step();

        express.Completion.IsCompletedSuccessfully.ShouldBeTrue();
        world.Run();
        SchedulerWorld.ShouldBeScored(express, [5]);
        foreach (var request in slow)
            SchedulerWorld.ShouldBeRight(request);
    }

    [Fact]
    public async Task A_cancelled_one_frees_everything_before_its_caller_hears_of_it()
    {
        var world = new SchedulerWorld(residentCells: 0);
        using var stop = new CancellationTokenSource();
        var request = world.Score(
            Prompt, [.. Enumerable.Range(1, 20).Select(t => Enumerable.Repeat(t, 20).ToArray())], cancellation: stop.Token);
        for (var i = 0; i < 6; i++)
            world.Step();

        await stop.CancelAsync();
        world.Scheduler.Cancel(request);
        world.Step();

        request.Completion.IsCanceled.ShouldBeTrue();
        Enumerable.Range(0, 256).Sum(world.Decoder.Length).ShouldBe(0);
        world.Step().ShouldBeFalse();
    }

    [Fact]
    public void A_deterministic_one_is_evaluated_in_the_same_batches_whatever_else_there_is()
    {
        static string[] Seen(int others)
        {
            var world = new SchedulerWorld(sequences: 3);
            for (var i = 0; i < others; i++)
                world.Ask([.. Prompt, 1 + i], samples: 2, retain: true);
            world.Step();
            var exact = world.Score(Prompt, [[1, 2], [2, 3], [4, 4, 4], [5]], deterministic: true);
            var seen = new List<string>();
            while (!exact.Completion.IsCompleted)
            {
                world.Step();
                if (exact.Waiting.Count < 4 && world.Decoder.Evaluated.Count > 0)
                    seen.Add(world.Decoder.Evaluated[^1]);
            }

            SchedulerWorld.ShouldBeScored(exact, [1, 2], [2, 3], [4, 4, 4], [5]);
            return [.. seen];
        }

        Seen(6).ShouldBe(Seen(0));
    }

    /// <summary>Any prompts and continuations next to any samples, with any number of cells.</summary>
    [Fact]
    public void Whatever_runs_beside_it_a_score_is_a_plain_sum() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll<byte[][], byte[], byte>((texts, prompt, shape) =>
        {
            int[][] continuations = [.. texts.Select(t => Tokens(t, 14)).Where(t => t.Length > 0).DefaultIfEmpty([1])];
            var world = new SchedulerWorld(
                cells: SchedulerWorld.ContextTokens + shape, sequences: 1 + (shape % 8), batch: 4 + (shape % 30), residentCells: shape / 2,
                unbatchedUpTo: 1 + (shape % 4));
            int[] start = [1, .. Tokens(prompt, 20)];

            var samples = world.Ask(start, samples: 1 + (shape % 5), retain: shape % 2 == 0);
            for (var steps = shape % 7; steps > 0; steps--)
                world.Step();
            var scored = world.Score(start, continuations, deterministic: shape % 11 == 0);
            var longer = world.Score([.. start, .. continuations[0]], continuations);
            world.Run();

            SchedulerWorld.ShouldBeRight(samples);
            SchedulerWorld.ShouldBeScored(scored, continuations);
            SchedulerWorld.ShouldBeScored(longer, continuations);
            samples.Lease?.Dispose();
        }));

    private static int[] Tokens(byte[] bytes, int most) => [.. bytes.Take(most).Select(b => 1 + (b % (ScriptedDecoder.Vocabulary - 1)))];
}
