using SPaR.Llama.Scheduling;

namespace SPaR.Tests.Llama;

public sealed class SchedulerTests
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 20).Select(i => 1 + (i % 7))];

    [Fact]
    public void Samples_of_one_request_share_its_prompt()
    {
        var world = new SchedulerWorld();
        var request = world.Ask(Prompt, samples: 5);

        world.Run();

        SchedulerWorld.ShouldBeRight(request);
        request.Usage.PrefillComputed.ShouldBe(20);
        request.Usage.PrefillForked.ShouldBe(80);
    }

    [Fact]
    public void A_prompt_that_begins_as_one_that_is_there_computes_its_end_only()
    {
        var world = new SchedulerWorld();
        world.Ask(Prompt);
        world.Run();

        var request = world.Ask([.. Prompt, 9, 10, 11]);
        world.Run();

        SchedulerWorld.ShouldBeRight(request);
        request.Usage.PrefillComputed.ShouldBe(3);
        request.Usage.PrefillForked.ShouldBe(20);
    }

    [Fact]
    public void Prompts_that_arrive_together_compute_their_common_beginning_once()
    {
        var world = new SchedulerWorld(batch: 8);
        var requests = Enumerable.Range(0, 4).Select(i => world.Ask([.. Prompt, 10 + i], samples: 2)).ToArray();

        world.Run();

        foreach (var request in requests)
            SchedulerWorld.ShouldBeRight(request);
        world.Counters.PrefillComputed.ShouldBe(20 + 4);
    }

    [Fact]
    public void What_continues_a_retained_sample_starts_behind_it_while_its_siblings_still_run()
    {
        var world = new SchedulerWorld();
        var votes = world.Ask(Prompt, samples: 4, most: 60, retain: true);
        while (votes.Sequences.All(s => s.State != SequenceState.Finished))
            world.Step();
        votes.Completion.IsCompleted.ShouldBeFalse("the others still run");

        int[] critique = [.. votes.Sequences.First(s => s.State == SequenceState.Finished).Tokens];
        var refine = world.Ask([.. Prompt, .. critique, 0, 5, 6], samples: 2);
        world.Run();

        SchedulerWorld.ShouldBeRight(votes);
        SchedulerWorld.ShouldBeRight(refine);
        // The token that ends a turn is not part of it, so all its tokens have been evaluated.
        refine.Usage.PrefillComputed.ShouldBe(3);
    }

    [Fact]
    public void A_lease_keeps_its_trunks_until_it_is_disposed()
    {
        var world = new SchedulerWorld(residentCells: 0);
        var kept = world.Ask(Prompt, retain: true);
        world.Run();

        var during = world.Ask([.. Prompt, 9]);
        world.Run();
        kept.Lease!.Dispose();
        world.Ask([20]);
        world.Run();
        var after = world.Ask([.. Prompt, 9]);
        world.Run();

        during.Usage.PrefillComputed.ShouldBe(1);
        after.Usage.PrefillComputed.ShouldBe(21);
    }

    [Fact]
    public void A_lease_yields_where_nothing_else_is_left_to_drop()
    {
        var world = new SchedulerWorld(cells: 48);
        var kept = world.Ask(Prompt, retain: true);
        world.Run();

        var request = world.Ask([.. Enumerable.Repeat(3, 36)]);
        world.Run();
        kept.Lease!.Dispose();

        SchedulerWorld.ShouldBeRight(request);
        world.Counters.Evictions.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_sequence_that_is_stopped_to_make_room_comes_to_the_same()
    {
        var world = new SchedulerWorld(cells: 48);
        // Short ones first, so that long ones are expected to be short and too many start.
        for (var i = 0; i < 12; i++)
            world.Ask([.. Prompt, 1 + i], most: 1);
        world.Run();
        var requests = Enumerable.Range(0, 6).Select(i => world.Ask([1 + i, 2, 3], most: 30, seed: (ulong)(10 * i))).ToArray();

        world.Run();

        for (var i = 0; i < requests.Length; i++)
            SchedulerWorld.ShouldBeRight(requests[i], (ulong)(10 * i));
        world.Counters.Preemptions.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void What_is_longer_than_a_batch_is_computed_in_parts_beside_what_generates()
    {
        var world = new SchedulerWorld(batch: 8);
        var first = world.Ask([1, 2], most: 12);
        world.Step();
        var second = world.Ask([.. Enumerable.Repeat(4, 30)]);
        world.Step();

        first.Sequences[0].Tokens.Count.ShouldBe(2, "a token in each step");
        second.Sequences[0].State.ShouldBe(SequenceState.Prefilling);
        second.Sequences[0].Prefix!.Computed.ShouldBe(8);
        world.Run();
        SchedulerWorld.ShouldBeRight(first);
        SchedulerWorld.ShouldBeRight(second);
    }

    [Fact]
    public async Task A_cancelled_request_frees_everything_before_its_caller_hears_of_it()
    {
        var world = new SchedulerWorld(residentCells: 0);
        using var stop = new CancellationTokenSource();
        var request = world.Ask(Prompt, samples: 20, retain: true, cancellation: stop.Token);
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
    public void A_deterministic_request_is_evaluated_in_the_same_batches_whatever_else_there_is()
    {
        static string[] Seen(int others, int unbatchedUpTo = 1)
        {
            var world = new SchedulerWorld(sequences: 3, unbatchedUpTo: unbatchedUpTo);
            for (var i = 0; i < others; i++)
                world.Ask([.. Prompt, 1 + i], samples: 2, retain: true);
            world.Step();
            var exact = world.Ask(Prompt, samples: 7, deterministic: true);
            var seen = new List<string>();
            while (!exact.Completion.IsCompleted)
            {
                world.Step();
                // The cache is cleared between its groups.
                if (exact.Waiting.Count < 7 && world.Decoder.Evaluated.Count > 0)
                    seen.Add(world.Decoder.Evaluated[^1]);
            }

            SchedulerWorld.ShouldBeRight(exact);
            return [.. seen];
        }

        Seen(6).ShouldBe(Seen(0));
        Seen(0, unbatchedUpTo: 2).ShouldBe(Seen(0), "a measurement at load time must not matter either");
    }
}
