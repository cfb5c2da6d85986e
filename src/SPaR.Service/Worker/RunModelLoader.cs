using SPaR.Method.Items;
using SPaR.Service.Models;

namespace SPaR.Service.Worker;

/// <summary>Leases the models of the three roles by their ids, and first downloads the files that this machine lacks.</summary>
internal sealed class RunModelLoader(ModelSource source, ModelCache models, IOptions<WorkerOptions> options)
{
    public async Task<Lease> LeaseAsync(SparDb db, string actorId, string refinerId, string judgeId, CancellationToken cancellationToken)
    {
        string[] ids = [actorId, refinerId, judgeId];
        var byId = await db.Models.AsNoTracking().Include(m => m.Base).Where(m => ids.Contains(m.Id))
            .ToDictionaryAsync(m => m.Id, cancellationToken);
        foreach (var model in byId.Values)
            await source.EnsureAsync(model, options.Value.ModelsFolder, cancellationToken);
        var leases = new List<ModelCache.Lease>();
        try
        {
            foreach (var id in ids)
                leases.Add(await models.LeaseAsync(byId[id].In(options.Value.ModelsFolder), cancellationToken));
        }
        catch
        {
            await new Lease(leases).DisposeAsync();
            throw;
        }

        return new(leases);
    }

    /// <summary>Disposing it releases all of them.</summary>
    /// <param name="leases">The actor, the refiner and the judge.</param>
    public sealed class Lease(IReadOnlyList<ModelCache.Lease> leases) : IAsyncDisposable
    {
        public RunModels Models => new(leases[0].Model, leases[1].Model, leases[2].Model);

        public async ValueTask DisposeAsync()
        {
            foreach (var lease in leases)
                await lease.DisposeAsync();
        }
    }
}
