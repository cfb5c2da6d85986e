using SPaR.Llama.Scheduling;

namespace SPaR.Tests.Llama;

public sealed class SchedulerMixTests
{
    private const int Mixes = 10_000;

    /// <summary>Ten thousand random mixes of requests on caches that are too small for them. Whatever is shared, preempted, evicted or
    /// cancelled, every sample and score is that of a plain loop, and cells, sequences and prefixes are consistent after every
    /// step.</summary>
    [Fact]
    public void Whatever_is_asked_at_once_every_sample_is_what_it_would_be_alone()
    {
        var (preemptions, evictions, forked) = (0L, 0L, 0L);
        for (var mix = 0; mix < Mixes; mix++)
        {
            var counters = Play(new Random(mix));
            preemptions += counters.Preemptions;
            evictions += counters.Evictions;
            forked += counters.PrefillForked;
        }

        // The mixes are hard enough to be worth running.
        preemptions.ShouldBeGreaterThan(Mixes / 10);
        evictions.ShouldBeGreaterThan(Mixes);
        forked.ShouldBeGreaterThan(Mixes);
    }

    private static EngineCounters Play(Random random)
    {
        var world = new SchedulerWorld(
            cells: random.Next(SchedulerWorld.ContextTokens, 160), sequences: random.Next(1, 9), batch: random.Next(8, 40),
            residentCells: random.Next(0, 160), unbatchedUpTo: random.Next(1, 6));
        var asked = new List<Played>();

        for (var i = random.Next(1, 7); i > 0; i--)
        {
            asked.Add(Ask(world, random, asked));
            for (var steps = random.Next(0, 12); steps > 0; steps--)
            {
                world.Step(admitNew: random.Next(2) == 0);
                if (random.Next(20) == 0)
                    Cancel(world, asked[random.Next(asked.Count)]);
                if (random.Next(10) == 0)
                    asked[random.Next(asked.Count)].Request.Lease?.Dispose();
            }
        }

        world.Run();
        foreach (var (request, seed, given, stop) in asked)
        {
            if (!request.Completion.IsCanceled)
                ShouldBeRight(request, seed, given);
            request.Lease?.Dispose();
            stop.Dispose();
        }

        world.Run();
        return world.Counters;
    }

    private static void ShouldBeRight(Request request, ulong seed, int[][]? given)
    {
        if (given is null)
            SchedulerWorld.ShouldBeRight(request, seed);
        else
            SchedulerWorld.ShouldBeScored(request, given);
    }

    private static Played Ask(SchedulerWorld world, Random random, List<Played> before)
    {
        var most = random.Next(1, 16);
        // Some continue another sample, as a refinement continues its judgement.
        var from = before.Count > 0 && random.Next(3) == 0 ? before[random.Next(before.Count)].Request : null;
        int[] prompt = from is null
            ? [.. Enumerable.Repeat(1 + random.Next(2), random.Next(1, 20)), .. Enumerable.Range(0, random.Next(1, 6))
                .Select(_ => random.Next(1, 5))]
            : [.. from.Prompt, .. from.Sequences[0].Tokens, .. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(1, 5))];
        prompt = prompt[..Math.Min(prompt.Length, SchedulerWorld.ContextTokens - most)];
        var (seed, stop) = ((ulong)random.Next(1000), new CancellationTokenSource());
        var priority = new RequestPriority($"run {random.Next(2)}", random.Next(4), Express: random.Next(8) == 0);
        var exact = random.Next(12) == 0;
        if (random.Next(4) == 0)
        {
            int[][] given =
            [
                .. Enumerable.Range(0, random.Next(1, 6))
                    .Select(_ => Enumerable.Range(0, random.Next(1, most + 1)).Select(_ => random.Next(1, 5)).ToArray()),
            ];
            return new(world.Score(prompt, given, priority, exact, stop.Token), seed, given, stop);
        }

        var request = world.Ask(
            prompt, random.Next(1, 8), most, seed, priority, retain: random.Next(3) == 0, exact,
            purpose: random.Next(2) == 0 ? "judge" : "sample", stop.Token);
        return new(request, seed, null, stop);
    }

    private static void Cancel(SchedulerWorld world, Played played)
    {
        if (played.Request.Completion.IsCompleted)
            return;
        played.Stop.Cancel();
        world.Scheduler.Cancel(played.Request);
    }

    /// <param name="Given">The continuations to score; null for samples.</param>
    private sealed record Played(Request Request, ulong Seed, int[][]? Given, CancellationTokenSource Stop);
}
