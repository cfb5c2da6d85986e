using SPaR.Method.Items;
using SPaR.Service.Models;

namespace SPaR.Service.Worker;

/// <summary>Leases the models of the three roles by their ids. First downloads the files that this machine lacks, and checks that each has
/// the registered content, before it is loaded and whenever the model has replied.</summary>
internal sealed class RunModelLoader(ModelSource source, ModelCache models, ModelFiles files, ModelFolder folder)
{
    public async Task<Lease> LeaseAsync(SparDb db, string actorId, string refinerId, string judgeId, CancellationToken cancellationToken)
    {
        string[] ids = [actorId, refinerId, judgeId];
        var byId = await db.Models.AsNoTracking().Include(m => m.Base).Where(m => ids.Contains(m.Id))
            .ToDictionaryAsync(m => m.Id, cancellationToken);
        foreach (var model in byId.Values)
            await source.EnsureAsync(model, cancellationToken);
        var leases = new List<ModelCache.Lease>();
        try
        {
            foreach (var id in ids)
            {
                var file = byId[id].In(folder.Root);
                await files.CheckAsync(file, cancellationToken);
                leases.Add(await models.LeaseAsync(file, cancellationToken));
            }
        }
        catch
        {
            await new Lease(leases, files).DisposeAsync();
            throw;
        }

        return new(leases, files);
    }

    /// <summary>Disposing it releases all of them.</summary>
    /// <param name="leases">The actor, the refiner and the judge.</param>
    public sealed class Lease(IReadOnlyList<ModelCache.Lease> leases, ModelFiles files) : IAsyncDisposable
    {
        public RunModels Models => new(Checked(0), Checked(1), Checked(2));

        public async ValueTask DisposeAsync()
        {
            foreach (var lease in leases)
                await lease.DisposeAsync();
        }

        private CheckedModel Checked(int role) => new(leases[role].Model, leases[role].File, files);
    }
}
