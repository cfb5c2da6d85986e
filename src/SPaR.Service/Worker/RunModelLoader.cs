using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using SPaR.Method.Items;
using SPaR.Service.Models;
using SPaR.Service.Storage;

namespace SPaR.Service.Worker;

/// <summary>Borrows the models that play, by their ids; where their files are not on this machine they are brought here first.</summary>
internal sealed class RunModelLoader(ModelSource source, ModelCache models, IOptions<WorkerOptions> options)
{
    public async Task<Loan> LeaseAsync(SparDb db, string actorId, string refinerId, string judgeId, CancellationToken cancellationToken)
    {
        string[] ids = [actorId, refinerId, judgeId];
        var byId = await db.Models.AsNoTracking().Include(m => m.Base).Where(m => ids.Contains(m.Id))
            .ToDictionaryAsync(m => m.Id, cancellationToken);
        foreach (var model in byId.Values)
            await source.EnsureAsync(model, options.Value.ModelsFolder, cancellationToken);
        var loans = new List<ModelCache.Loan>();
        try
        {
            foreach (var id in ids)
                loans.Add(await models.LeaseAsync(byId[id].In(options.Value.ModelsFolder), cancellationToken));
        }
        catch
        {
            await new Loan(loans).DisposeAsync();
            throw;
        }

        return new(loans);
    }

    /// <summary>Gives all of them back when disposed.</summary>
    /// <param name="loans">The actor, the refiner and the judge.</param>
    public sealed class Loan(IReadOnlyList<ModelCache.Loan> loans) : IAsyncDisposable
    {
        public RunModels Players => new(loans[0].Model, loans[1].Model, loans[2].Model);

        public async ValueTask DisposeAsync()
        {
            foreach (var lease in loans)
                await lease.DisposeAsync();
        }
    }
}
