using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SPaR.Abstractions;
using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Method.Verifying;
using SPaR.Service.Items;
using SPaR.Service.Lifecycle;
using SPaR.Service.Logging;
using SPaR.Service.Storage;

namespace SPaR.Service.Worker;

/// <summary>Keeps items of one run in flight: leases them, starts them, refills as they end, and puts them down when the run is
/// paused, cancelled or ended. Knows leases and tasks; knows nothing of models or of the method.</summary>
internal sealed class RunWorkSlice(
    IDbContextFactory<SparDb> databases,
    LeaseStore leases,
    RunSignals signals,
    ItemWork work,
    WorkerSlots slots,
    IOptions<WorkerOptions> options,
    TimeProvider time,
    ILogger<RunWorkSlice> logger)
{
    // Signals come at once; this is for those that a broken connection lost.
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(800);

    /// <param name="round">In the stage of self-play.</param>
    /// <param name="models">Its models.</param>
    /// <param name="timeIsOver">Called when the share has lasted long enough and nothing new is started.</param>
    public async Task WorkAsync(Run run, int round, RunModels models, Func<Task> timeIsOver, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var capacity = options.Value.InFlight ?? Capacity(run.Recipe, models);
        using var down = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wake = new Wake(time);
        void Heard(string changed)
        {
            if (changed == run.Id)
                wake.Now();
        }

        using var subscription = signals.Subscribe(Heard);
        slots.Freed += Heard;
        var inFlight = new HashSet<Task>();
        var refill = true;
        try
        {
            while (true)
            {
                if (!await IsRunningAsync(run.Id, cancellationToken))
                    break;
                if (refill && time.GetElapsedTime(started) >= options.Value.Share)
                {
                    refill = false;
                    await timeIsOver();
                }

                var more = refill && await FillAsync(run, round, models, capacity, inFlight, down.Token);
                if (!more && inFlight.Count == 0)
                    break;
                await wake.WaitAsync(LookAgain, cancellationToken);
                await CollectAsync(inFlight);
            }
        }
        finally
        {
            slots.Freed -= Heard;
            await down.CancelAsync();
            // However the share ends, every item has been put down before it is over.
            await Task.WhenAll(inFlight).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await CollectAsync(inFlight);
    }

    /// <summary>Twice as many samples as the engine's batch holds, so that it is full while items wait for the database.</summary>
    private static int Capacity(Recipe recipe, RunModels models)
    {
        var sequences = Math.Max(models.Actor.Sequences, models.Refiner.Sequences);
        return Math.Max(2, 2 * sequences / Math.Max(recipe.Sample.N, recipe.Judge.Critiques));
    }

    private static async Task CollectAsync(HashSet<Task> inFlight)
    {
        foreach (var task in inFlight.Where(t => t.IsCompleted).ToList())
        {
            inFlight.Remove(task);
            await task;
        }
    }

    private async Task<bool> IsRunningAsync(string runId, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Runs.AnyAsync(r => r.Id == runId && r.Status == RunStatus.Running, cancellationToken);
    }

    /// <returns>Whether there may be more to take: false once the round has no free item.</returns>
    private async Task<bool> FillAsync(
        Run run, int round, RunModels models, int capacity, HashSet<Task> inFlight, CancellationToken cancellationToken)
    {
        var free = slots.Free(run.Id, capacity);
        if (free == 0)
            return true;
        var taken = await leases.TakeAsync(run.Id, round, slots.Name, free, options.Value.Lease, cancellationToken);
        foreach (var lease in taken)
        {
            slots.Start(lease);
            inFlight.Add(Task.Run(() => WorkOnAsync(run, models, lease, cancellationToken), CancellationToken.None));
        }

        return taken.Count == free;
    }

    private async Task WorkOnAsync(Run run, RunModels models, Lease lease, CancellationToken cancellationToken)
    {
        try
        {
            await WalkAsync(run, models, lease, cancellationToken);
        }
        catch (LeaseLostException)
        {
            Log.LeaseLost(logger, lease.Key.InstructionId, lease.Key.RunId);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await leases.ReleaseAsync(lease, CancellationToken.None);
        }
        catch (Exception error) when (error is ModelRejectedException or NativeLibraryMissingException)
        {
            // Not the fault of the item: the run ends with this message.
            await leases.ReleaseAsync(lease, CancellationToken.None);
            throw;
        }
        catch (Exception error)
        {
            Log.ItemFailed(logger, error, lease.Key.InstructionId, lease.Key.RunId);
            await leases.FailAsync(lease, error.Message, CancellationToken.None);
        }
        finally
        {
            slots.Finish(lease);
        }
    }

    private async Task WalkAsync(Run run, RunModels models, Lease lease, CancellationToken cancellationToken)
    {
        var journal = await PostgresJournal.OpenAsync(databases, lease, cancellationToken);
        var instruction = journal.Instruction;
        var verifier = ConstraintVerifier.Of(instruction.Constraints, instruction.Messages);
        if (verifier is null && instruction.Constraints is not null)
            Log.ConstraintsUnread(logger, instruction.Id, run.Id);
        var item = new ItemRun(lease.Key, lease.Ordinal, instruction.Messages, run.Seed, run.Recipe, models, journal) {
            Verifier = verifier };
        await work.Walk(item, cancellationToken);
        if (!journal.IsFinished)
            throw new InvalidOperationException("The walk ended without giving the item a state.");
    }
}
