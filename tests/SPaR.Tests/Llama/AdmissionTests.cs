using SPaR.Llama.Scheduling;

namespace SPaR.Tests.Llama;

/// <summary>Who is started, and who waits.</summary>
public sealed class AdmissionTests
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 20).Select(i => 1 + (i % 7))];

    [Fact]
    public void Runs_get_equal_parts_and_the_lowest_ordinal_goes_first()
    {
        var world = new SchedulerWorld(sequences: 4);
        var many = Enumerable.Range(0, 8).Select(i => world.Ask([1 + i, 2], lane: new("a", 8 - i))).ToArray();
        var few = Enumerable.Range(0, 2).Select(i => world.Ask([1 + i, 3], lane: new("b", i))).ToArray();

        world.Step();

        Started(few).ShouldBe([0, 1]);
        Started(many).ShouldBe([6, 7], "the last two have the lowest ordinals");
    }

    [Fact]
    public void Nothing_new_is_begun_beside_what_runs_while_much_is_in_use_but_what_goes_on_is()
    {
        var world = new SchedulerWorld(residentCells: 30);
        var running = world.Ask(Prompt, most: 40);
        for (var i = 0; i < 3; i++)
            world.Step();

        var other = world.Ask([9, 9, 9]);
        var goesOn = world.Ask([.. Prompt, 9]);
        world.Step();

        Started([other]).ShouldBeEmpty();
        Started([goesOn]).ShouldBe([0]);
        world.Run();
        foreach (var request in new[] { running, other, goesOn })
            SchedulerWorld.ShouldBeRight(request);
    }

    [Fact]
    public void An_express_request_takes_the_place_of_the_youngest()
    {
        var world = new SchedulerWorld(sequences: 2);
        var slow = Enumerable.Range(0, 4).Select(i => world.Ask([1 + i, 2])).ToArray();
        world.Step();

        var express = world.Ask([9, 9], lane: new("now", 0, Express: true));
        world.Step();

        express.Sequences[0].State.ShouldNotBe(SequenceState.Waiting);
        Started(slow).ShouldBe([0]);
        world.Run();
        foreach (var request in slow.Append(express))
            SchedulerWorld.ShouldBeRight(request);
    }

    // A tree asks for nothing between its levels; in that moment the next tree was begun, until all were in the cache at once.
    [Fact]
    public async Task Where_nothing_runs_what_is_new_waits_for_what_may_be_continued()
    {
        var world = new SchedulerWorld();
        var judged = world.Ask(Prompt, retain: true);
        world.Run();
        var other = world.Ask([7, 6, 5]);

        world.Step(rested: false).ShouldBeFalse();
        other.Waiting.Count.ShouldBe(1);

        var refined = world.Ask([.. Prompt, .. judged.Sequences[0].Tokens, 3]);
        world.Step(rested: false).ShouldBeTrue();
        refined.Waiting.ShouldBeEmpty();
        world.Run();
        (await judged.Completion).Lease!.Dispose();
        foreach (var request in new[] { judged, other, refined })
            SchedulerWorld.ShouldBeRight(request);
    }

    [Fact]
    public void Where_nobody_holds_anything_what_is_new_begins_at_once()
    {
        var world = new SchedulerWorld();
        world.Ask(Prompt);
        world.Run();
        world.Ask([7, 6, 5]);

        world.Step(rested: false).ShouldBeTrue();
    }

    // It stopped one sequence in every step, and waited all the same.
    [Fact]
    public void An_express_request_stops_nobody_while_it_waits_for_what_is_being_computed()
    {
        var world = new SchedulerWorld(sequences: 2, batch: 8);
        var slow = world.Ask([.. Enumerable.Repeat(4, 40)]);
        var other = world.Ask([1, 2], most: 40);
        world.Step();

        var express = world.Ask([.. Enumerable.Repeat(4, 41)], lane: new("now", 0, Express: true));
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
