using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Method.Verifying;
using SPaR.Service.Items;
using SPaR.Service.Logging;
using SPaR.Service.Tracing;

namespace SPaR.Service.Worker;

/// <summary>Leases items of a run's round and takes each through the method. A stopped item releases its lease.</summary>
internal sealed class RunWorkSlice(
    IDbContextFactory<SparDb> databases, LeaseStore leases, WorkSlice slice, WorkerSlots slots,
    IOptions<WorkerOptions> options, TimeProvider time, ILogger<RunWorkSlice> logger)
{
    private readonly IDbContextFactory<SparDb> _databases = databases;
    private readonly LeaseStore _leases = leases;
    private readonly WorkerSlots _slots = slots;
    private readonly TimeProvider _time = time;
    private readonly WorkerOptions _options = options.Value;

    /// <param name="round">In the stage of self-play.</param>
    /// <param name="oneByOne">One item at a time, so that one over which the process of a model dies is known.</param>
    /// <param name="timeUp">Called when the slice has lasted long enough and starts no more items.</param>
    public Task WorkAsync(
        Run run, int round, RunModels models, WorkMeter meter, bool oneByOne, Func<Task> timeUp, CancellationToken cancellationToken) =>
        slice.RunAsync(
            new RunItems(this, run, round, models, meter, timeUp, oneByOne ? 1 : _options.InFlight ?? Capacity(run.Recipe, models)),
            cancellationToken);

    /// <summary>Twice as many samples as the engine's batch holds, so that it is full while items wait for the database.</summary>
    private static int Capacity(Recipe recipe, RunModels models)
    {
        var sequences = Math.Max(models.Actor.Sequences, models.Refiner.Sequences);
        return Math.Max(2, 2 * sequences / Math.Max(recipe.Sample.N, recipe.Judge.Critiques));
    }

    private async Task WorkOnAsync(
        Run run, RunModels models, WorkMeter meter, Lease lease, bool isAlone, CancellationToken stop)
    {
        using var item = meter.Start();
        try
        {
            await RunItemAsync(run, item.Of(models), lease, stop);
        }
        catch (LeaseLostException)
        {
            logger.LeaseLost(lease.Key.InstructionId, lease.Key.RunId);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await _leases.ReleaseAsync(lease, CancellationToken.None);
        }
        catch (ModelProcessDiedException error) when (isAlone)
        {
            // No other item can have killed it, and the engine has tried it several times. The slice ends too: the job counts its deaths.
            logger.ItemFailed(error, lease.Key.InstructionId, lease.Key.RunId);
            await _leases.FailAsync(lease, error.Message, CancellationToken.None, most: 1);
            throw;
        }
        catch (Exception error) when (error is ModelRejectedException or NativeLibraryMissingException or ModelProcessDiedException)
        {
            // Not the fault of the item, as far as is known: the slice ends.
            await _leases.ReleaseAsync(lease, CancellationToken.None);
            throw;
        }
        catch (Exception error) when (!error.IsDatabaseUnavailable())
        {
            // Without a database the slice ends instead: the queue retries the job, and the lease expires.
            logger.ItemFailed(error, lease.Key.InstructionId, lease.Key.RunId);
            await _leases.FailAsync(lease, error.Message, CancellationToken.None);
        }
        finally
        {
            _slots.Finish(lease);
        }
    }

    private async Task RunItemAsync(Run run, RunModels models, Lease lease, CancellationToken stop)
    {
        var journal = await PostgresJournal.OpenAsync(_databases, lease, stop);
        var instruction = journal.Instruction;
        var verifier = ConstraintVerifier.Of(instruction.Constraints, instruction.Messages);
        if (verifier is null && instruction.Constraints is not null)
            logger.ConstraintsUnread(instruction.Id, run.Id);
        var item = new ItemRun(lease.Key, lease.Ordinal, instruction.Messages, run.Seed, run.Recipe, models, journal)
        {
            Verifier = verifier,
            Origin = WorkTrace.Of(run.TraceParent),
        };
        await SelfPlay.RunAsync(item, stop);
        if (!journal.IsFinished)
            throw new InvalidOperationException("The item ended without a final state.");
    }

    private sealed class RunItems(
        RunWorkSlice worker, Run run, int round, RunModels models, WorkMeter meter, Func<Task> timeUp, int capacity) : IItemSource
    {
        private readonly TargetCheck _target = new(worker._databases, run, round, worker._time);

        public string Id => run.Id;

        public async Task<bool> IsRunningAsync(CancellationToken cancellationToken)
        {
            await using var db = await worker._databases.CreateDbContextAsync(cancellationToken);
            return await db.Runs.AnyAsync(r => r.Id == run.Id && r.Status == RunStatus.Running, cancellationToken);
        }

        public async Task<StartedItems> StartAsync(int inFlight, CancellationToken stop)
        {
            // The slots count the items of an ending slice too, so that its successor fills their places one by one.
            var free = worker._slots.Free(run.Id, capacity);
            if (free == 0)
                return new([], IsMore: true);
            await _target.RunAsync(stop);
            var taken = await worker._leases.TakeAsync(run.Id, round, worker._slots.Name, free, worker._options.Lease, stop);
            return new([.. taken.Select(Start)], IsMore: taken.Count == free);

            Task Start(Lease lease)
            {
                worker._slots.Start(lease);
                return Task.Run(() => worker.WorkOnAsync(run, models, meter, lease, capacity == 1, stop), CancellationToken.None);
            }
        }

        public Task TimeUpAsync(CancellationToken cancellationToken) => timeUp();
    }
}
