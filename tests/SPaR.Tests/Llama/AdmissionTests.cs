using SPaR.Llama.Scheduling;

namespace SPaR.Tests.Llama;

/// <summary>Which requests start, and which wait.</summary>
public sealed class AdmissionTests
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 20).Select(i => 1 + (i % 7))];

    [Fact]
    public void Runs_get_equal_parts_and_the_lowest_ordinal_goes_first()
    {
        var world = new SchedulerWorld(sequences: 4);
        var many = Enumerable.Range(0, 8).Select(i => world.Ask([1 + i, 2], priority: new("a", 8 - i))).ToArray();
        var few = Enumerable.Range(0, 2).Select(i => world.Ask([1 + i, 3], priority: new("b", i))).ToArray();

        world.Step();

        Started(few).ShouldBe([0, 1]);
        Started(many).ShouldBe([6, 7], "the last two have the lowest ordinals");
    }

    [Fact]
    public void While_many_cells_are_used_only_requests_that_continue_a_prefix_start()
    {
        var world = new SchedulerWorld(residentCells: 30);
        var running = world.Ask(Prompt, most: 40);
        for (var i = 0; i < 3; i++)
            world.Step();

        var other = world.Ask([9, 9, 9]);
        var continuing = world.Ask([.. Prompt, 9]);
        world.Step();

        Started([other]).ShouldBeEmpty();
        Started([continuing]).ShouldBe([0]);
        world.Run();
        foreach (var request in new[] { running, other, continuing })
            SchedulerWorld.ShouldBeRight(request);
    }

    [Fact]
    public void An_express_request_preempts_the_youngest_sequence()
    {
        var world = new SchedulerWorld(sequences: 2);
        var slow = Enumerable.Range(0, 4).Select(i => world.Ask([1 + i, 2])).ToArray();
        world.Step();

        var express = world.Ask([9, 9], priority: new("now", 0, Express: true));
        world.Step();

        express.Sequences[0].State.ShouldNotBe(SequenceState.Waiting);
        Started(slow).ShouldBe([0]);
        world.Run();
        foreach (var request in slow.Append(express))
            SchedulerWorld.ShouldBeRight(request);
    }

    // Regression: between two levels a tree asks for nothing; at that moment the next tree started, until all were in the cache at once.
    [Fact]
    public async Task If_nothing_runs_new_requests_wait_for_those_that_may_be_continued()
    {
        var world = new SchedulerWorld();
        var judged = world.Ask(Prompt, retain: true);
        world.Run();
        var other = world.Ask([7, 6, 5]);

        world.Step(admitNew: false).ShouldBeFalse();
        other.Waiting.Count.ShouldBe(1);

        var refined = world.Ask([.. Prompt, .. judged.Sequences[0].Tokens, 3]);
        world.Step(admitNew: false).ShouldBeTrue();
        refined.Waiting.ShouldBeEmpty();
        world.Run();
        (await judged.Completion).Lease!.Dispose();
        foreach (var request in new[] { judged, other, refined })
            SchedulerWorld.ShouldBeRight(request);
    }

    [Fact]
    public void If_nothing_is_leased_new_requests_start_at_once()
    {
        var world = new SchedulerWorld();
        world.Ask(Prompt);
        world.Run();
        world.Ask([7, 6, 5]);

        world.Step(admitNew: false).ShouldBeTrue();
    }

    // Regression: it preempted a sequence in every step, and still waited.
    [Fact]
    public void An_express_request_preempts_nothing_while_it_waits_for_a_prefix()
    {
        var world = new SchedulerWorld(sequences: 2, batch: 8);
        var slow = world.Ask([.. Enumerable.Repeat(4, 40)]);
        var other = world.Ask([1, 2], most: 40);
        world.Step();

        var express = world.Ask([.. Enumerable.Repeat(4, 41)], priority: new("now", 0, Express: true));
        world.Step();
        world.Step();

        world.Counters.Preemptions.ShouldBe(0);
        world.Run();
        foreach (var request in new[] { slow, other, express })
            SchedulerWorld.ShouldBeRight(request);
    }

    private static int[] Started(Request[] requests) =>
        [.. requests.Index().Where(r => r.Item.Waiting.Count < r.Item.Sequences.Length).Select(r => r.Index)];
}
